// The floor of reading a users file: a libxml2 SAX pass that counts users and keeps nothing.
//
//   sax FILE      prints: CPU nanoseconds, most kilobytes resident, users
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static void start(
    void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespace_count,
    const xmlChar **namespaces, int attribute_count, int default_count, const xmlChar **attributes) {
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces;
    (void)attribute_count, (void)default_count, (void)attributes;
    if (strcmp((const char *)name, "user") == 0) ++*(long *)context;
}

static long long cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count != 2) return 3;
    xmlSAXHandler handler;
    memset(&handler, 0, sizeof handler);
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = start;
    long users = 0;
    long long before = cpu();
    if (xmlSAXUserParseFile(&handler, &users, arguments[1]) != 0) return 1;
    long long after = cpu();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%lld %ld %ld\n", after - before, usage.ru_maxrss, users);
    return 0;
}
