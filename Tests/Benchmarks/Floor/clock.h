#ifndef AUTHHOST_FLOOR_CLOCK_H
#define AUTHHOST_FLOOR_CLOCK_H

#include <stdint.h>

// Nanoseconds that the calling thread has run: what others do on the machine is not in it.
int64_t floor_cpu_time(void);

#endif
