// Good: gives back the attributes that it is told, and does not declare that it reads any. Expected: it is told none.
#define DECLARED 0u
#include "attributes.c"
