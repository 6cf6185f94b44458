#include "cresources.h"

// Of C23; earlier languages have it as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char openapi[] = {
#embed "../DoorProtocols/JSONInterface/openapi.json"
};

cresource cresource_openapi(void) { return (cresource){openapi, sizeof openapi}; }

static const unsigned char registry_script[] = {
#embed "../Cluster/Registry/Script/records.lua"
    , '\n',
#embed "../Cluster/Registry/Script/hosts.lua"
    , '\n',
#embed "../Cluster/Registry/Script/news.lua"
    , '\n',
#embed "../Cluster/Registry/Script/usage.lua"
    , '\n',
#embed "../Cluster/Registry/Script/ejections.lua"
    , '\n',
#embed "../Cluster/Registry/Script/sessions.lua"
    , '\n',
#embed "../Cluster/Registry/Script/orders.lua"
    , '\n',
#embed "../Cluster/Registry/Script/penalties.lua"
};

cresource cresource_registry_script(void) { return (cresource){registry_script, sizeof registry_script}; }
