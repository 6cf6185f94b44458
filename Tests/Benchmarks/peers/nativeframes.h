// Frames of the native protocol (docs/native-protocol.md), as much as a load needs.
#ifndef NATIVEFRAMES_H
#define NATIVEFRAMES_H

#include <stdint.h>
#include <string.h>

enum { HELLO = 1, LOGIN = 3, CHECK = 6, BATCH = 7, ANSWER = 0x80, ALLOW = 1, DENY = 2, SESSION = 16 };

static unsigned char *put16(unsigned char *to, unsigned number) {
    to[0] = (unsigned char)number;
    to[1] = (unsigned char)(number >> 8);
    return to + 2;
}

static unsigned char *put32(unsigned char *to, uint32_t number) { return put16(put16(to, number & 0xffff), number >> 16); }

static uint32_t get32(const unsigned char *from) {
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static unsigned char *put_text(unsigned char *to, const char *words) {
    to = put16(to, (unsigned)strlen(words));
    memcpy(to, words, strlen(words));
    return to + strlen(words);
}

static unsigned char *begin_frame(unsigned char *to, unsigned type, uint32_t number) {
    to = put32(to, 0);
    *to++ = (unsigned char)type;
    *to++ = 0;
    return put32(put16(to, 0), number);
}

// Writes the length of a frame, and says how many bytes it has with it.
static size_t end_frame(unsigned char *frame, unsigned char *to) {
    put32(frame, (uint32_t)(to - frame - 4));
    return (size_t)(to - frame);
}

static size_t hello_frame(unsigned char *frame, const char *client) {
    unsigned char *to = begin_frame(frame, HELLO, 1);
    return end_frame(frame, put_text(put16(put16(to, 1), 1), client));
}

static size_t login_frame(unsigned char *frame, uint32_t number, const char *user, const char *password) {
    unsigned char *to = begin_frame(frame, LOGIN, number);
    return end_frame(frame, put_text(put_text(put_text(put_text(put_text(to, user), password), ""), ""), ""));
}

// The session of an answer to LOGIN that allows: behind the verdict, a word and a text.
static const unsigned char *session_of(const unsigned char *answer) {
    const unsigned char *text = answer + 10 + answer[9];
    return text + 2 + (text[0] | text[1] << 8);
}

#endif
