// Makes and writes a line of the event log where nothing but system calls is allowed (signal-safety(7)).
#ifndef AUTHHOST_CFFI_LINE_H
#define AUTHHOST_CFFI_LINE_H

#include <stddef.h>

struct cffi_line {
    size_t length;
    char text[768];
};

// Adds text, or as much of it as there is room for.
void cffi_add(struct cffi_line *line, const char *text);

// Adds a number in decimal digits, with zeros in front up to a width.
void cffi_add_number(struct cffi_line *line, unsigned number, unsigned width);

// Writes the text as a critical event: to standard error, and to the event log where that is a file.
void cffi_write_line(const struct cffi_line *text);

// From now on such a line is left at a place of so many bytes, for another process to read.
void cffi_keep_line(char *place, size_t size);

// Copies a name of at most CFFI_NAME_SIZE - 1 bytes; what could not stand in a line or in JSON becomes `?`.
void cffi_copy_name(char *to, const char *name);

#endif
