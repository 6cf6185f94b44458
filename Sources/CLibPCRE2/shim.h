// The functions for bytes of PCRE2: see pcre2api(3). The header wants to know the size of a character first.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
