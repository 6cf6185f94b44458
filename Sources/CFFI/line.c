#define _GNU_SOURCE
#include "line.h"
#include "call.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int event_log = -1;
// Where a line is left for another process, instead of being written.
static char *_Atomic kept;
static size_t kept_room;
static atomic_bool is_json;
// Seconds east of Greenwich: localtime_r() takes locks, so the offset is the one of when the log was opened.
static atomic_long offset;

void cffi_set_event_log(int descriptor, bool json) {
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local)) atomic_store(&offset, local.tm_gmtoff);
    atomic_store(&is_json, json);
    atomic_store(&event_log, descriptor);
}

void cffi_keep_line(char *place, size_t size) {
    kept_room = size;
    atomic_store(&kept, place);
}

void cffi_copy_name(char *to, const char *name) {
    size_t length = 0;
    for (; name[length] && length < CFFI_NAME_SIZE - 1; length++) {
        char byte = name[length];
        to[length] = byte < ' ' || byte > '~' || byte == '"' || byte == '\\' || byte == '`' ? '?' : byte;
    }
    to[length] = 0;
}

void cffi_add(struct cffi_line *line, const char *text) {
    while (*text && line->length < sizeof line->text - 1) line->text[line->length++] = *text++;
    line->text[line->length] = 0;
}

void cffi_add_number(struct cffi_line *line, unsigned number, unsigned width) {
    char digits[12];
    size_t start = sizeof digits - 1;
    digits[start] = 0;
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while ((number || sizeof digits - 1 - start < width) && start);
    cffi_add(line, digits + start);
}

// The time as LogTime of Basics has it: 2026/01/31-13:52:17.420123 +0000, or 2026-01-31T13:52:17.420123+00:00 in JSON.
static void add_time(struct cffi_line *line, bool json) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_REALTIME, &now);
    long east = atomic_load(&offset);
    long long seconds = (long long)now.tv_sec + east, days = seconds / 86400;
    unsigned second = (unsigned)(seconds % 86400);
    // Howard Hinnant's civil_from_days, for days after 1970: years begin in March, 400 of them have 146,097 days.
    long long shifted = days + 719468, era = shifted / 146097;
    unsigned day = (unsigned)(shifted - era * 146097);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    unsigned of_year = day - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153, shown = month < 10 ? month + 3 : month - 9;
    cffi_add_number(line, (unsigned)(year + era * 400 + (shown <= 2)), 4);
    cffi_add(line, json ? "-" : "/");
    cffi_add_number(line, shown, 2);
    cffi_add(line, json ? "-" : "/");
    cffi_add_number(line, of_year - (153 * month + 2) / 5 + 1, 2);
    cffi_add(line, json ? "T" : "-");
    cffi_add_number(line, second / 3600, 2);
    cffi_add(line, ":");
    cffi_add_number(line, second / 60 % 60, 2);
    cffi_add(line, ":");
    cffi_add_number(line, second % 60, 2);
    cffi_add(line, ".");
    cffi_add_number(line, (unsigned)(now.tv_nsec / 1000), 6);
    cffi_add(line, json ? "" : " ");
    cffi_add(line, east < 0 ? "-" : "+");
    unsigned minutes = (unsigned)(east < 0 ? -east : east) / 60;
    cffi_add_number(line, minutes / 60, 2);
    cffi_add(line, json ? ":" : "");
    cffi_add_number(line, minutes % 60, 2);
}

// Whether all of it was written.
static bool write_whole(int descriptor, const struct cffi_line *line) {
    size_t done = 0;
    while (done < line->length) {
        ssize_t count = write(descriptor, line->text + done, line->length - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        done += (size_t)count;
    }
    return true;
}

void cffi_write_line(const struct cffi_line *text) {
    char *place = atomic_load(&kept);
    if (place && !cffi_is_copy()) {
        size_t length = text->length < kept_room - 1 ? text->length : kept_room - 1;
        memcpy(place, text->text, length);
        place[length] = 0;
        return;
    }
    struct cffi_line line = {0};
    bool json = atomic_load(&is_json);
    cffi_add(&line, json ? "{\"time\":\"" : "");
    add_time(&line, json);
    cffi_add(&line, json ? "\",\"severity\":\"CRIT\",\"message\":\"" : ": CRIT: ");
    cffi_add(&line, text->text);
    cffi_add(&line, json ? "\"}\n" : "\n");
    bool is_written = write_whole(STDERR_FILENO, &line);
    int file = atomic_load(&event_log);
    if (file >= 0) is_written |= write_whole(file, &line);
    if (!cffi_is_copy()) cffi_tell_line(text, is_written);
}
