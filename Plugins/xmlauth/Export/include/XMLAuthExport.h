// The module exports nothing but `auth_module`, which descriptor.h declares.
