// Files that the program carries. The C compiler takes them in as they are; an array literal of as many bytes takes a Swift
// compiler fifteen seconds.
#ifndef CRESOURCES_H
#define CRESOURCES_H

#include <stddef.h>

/// The bytes of a file, which live as long as the process.
typedef struct {
    const unsigned char *bytes;
    size_t count;
} cresource;

/// The description of the HTTP interface, JSON.
cresource cresource_openapi(void);
/// The script that changes the registry of a cluster, Lua: its parts, each of which may use what stands in those before it.
cresource cresource_registry_script(void);

#endif
