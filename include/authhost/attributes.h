// The names of attributes (generation 9): what doors tell beside a question, and what modules tell beside an answer.
//
// An attribute is an auth_pair_t. A name stands for one meaning for ever; a name may be there several times, once for each
// value. More are added: pass over those that you do not know, and take a missing one for "not known", never for "no".
#ifndef AUTHHOST_ATTRIBUTES_H
#define AUTHHOST_ATTRIBUTES_H

// IN: the member `attributes` of auth_login_t, auth_mapping_t and auth_check_t, for a module that declares
// AUTH_READS_ATTRIBUTES. They are of the connection and the request that asks, which but for a log-in need not be those of the
// log-in; a name that is mapped for a check comes with those of the check. The host answers equal log-ins again
// for a while, where all of these are equal; but for AUTH_ATTRIBUTE_TRACE_PARENT and _REQUEST_ID, which are another for each
// request: they are for logs, and no log-in may be decided by them. A door that takes questions of
// trusted programs, such as another authhost, hands on what they say of their own clients.

// Of a client's certificate, where the door asked for one and an authority of `tls-client-authority` has signed it.
#define AUTH_ATTRIBUTE_TLS_SUBJECT "tls.subject" // the subject's name as RFC 4514 writes it: "CN=ann,O=Example"
#define AUTH_ATTRIBUTE_TLS_DNS "tls.dns"         // each DNS name of the certificate
#define AUTH_ATTRIBUTE_TLS_EMAIL "tls.email"     // each e-mail address of the certificate
#define AUTH_ATTRIBUTE_TLS_URI "tls.uri"         // each URI of the certificate, such as a SPIFFE id
#define AUTH_ATTRIBUTE_TLS_DIGEST "tls.digest"   // SHA-256 of the certificate in DER: 64 hexadecimal digits in small letters

#define AUTH_ATTRIBUTE_SASL_MECHANISM "sasl.mechanism" // dovecot: "PLAIN" or "LOGIN"
#define AUTH_ATTRIBUTE_SERVICE "service"         // dovecot, saslauthd: what the user logs in to, such as "imap"
#define AUTH_ATTRIBUTE_REALM "realm"             // saslauthd: the realm, as the client names it
#define AUTH_ATTRIBUTE_VIRTUAL_HOST "virtual-host" // rabbitmq: of the object that is asked about, or of an MQTT log-in

// Of the request that a proxy holds back (forward-auth, and `/auth` of http). The client may choose method and host.
#define AUTH_ATTRIBUTE_FORWARDED_METHOD "forwarded.method"
#define AUTH_ATTRIBUTE_FORWARDED_HOST "forwarded.host"       // with its port, where it has one
#define AUTH_ATTRIBUTE_FORWARDED_ADDRESS "forwarded.address" // of the proxy's client; the proxy says it

#define AUTH_ATTRIBUTE_TRACE_PARENT "trace-parent" // doors that speak HTTP: the header `traceparent` (W3C Trace Context)
#define AUTH_ATTRIBUTE_REQUEST_ID "request-id"     // authzen: the header `X-Request-ID`, by which both sides log the decision
#define AUTH_ATTRIBUTE_DECISION_ID "decision-id"   // the host, but for checks of a batch: the name of the decision in its logs

// OUT: auth_result_t.attributes. The names are the module's own; these are for what many modules have in common, so that
// operators can hand them on in one way (docs/attributes.md). They are no secrets: the audit log has them.
#define AUTH_ATTRIBUTE_GROUP "group" // a group that the user is in, once for each
#define AUTH_ATTRIBUTE_ROLE "role"   // a role that the user has, once for each

#endif
