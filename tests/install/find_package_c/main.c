/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
#include <modelsec/modelsec.h>

#include <string.h>

int main(void)
{
    modelsec_client_options options;
    modelsec_client *client = NULL;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.store = "store";
    if (modelsec_client_create(&options, &client, NULL) != MODELSEC_OK)
        return 1;
    modelsec_client_release(client);
    return strcmp(modelsec_code_name(MODELSEC_DIGEST), "digest");
}
