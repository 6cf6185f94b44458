// As completes_the_mapping_late, on the module's own thread.
#define THREADS AUTH_SERIAL
#define NAME "completes_the_mapping_late_serial"
#include "completes_the_mapping_late.c"
