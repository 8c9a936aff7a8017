/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* Made by scripts/make_codes.py from error_codes.def. Do not edit. */
#ifndef MODELSEC_MODELSEC_CODES_H
#define MODELSEC_MODELSEC_CODES_H

enum {
    MODELSEC_OK = 0, /**< Model ready */
    MODELSEC_INTERNAL = 1, /**< Model initialization failed: internal error */
    MODELSEC_USAGE = 2, /**< Model initialization failed: the request is not valid */
    MODELSEC_CANCELLED = 3, /**< Model initialization cancelled */
    MODELSEC_NETWORK = 10, /**< Model initialization failed: the network failed */
    MODELSEC_TLS = 11, /**< Model initialization failed: the server could not be authenticated */
    MODELSEC_HTTP_STATUS = 12, /**< Model initialization failed: the server refused the request */
    MODELSEC_RATE_LIMITED = 13, /**< Model initialization failed: too many requests */
    MODELSEC_UNAUTHORIZED = 14, /**< Model initialization failed: access was denied */
    MODELSEC_SIGNATURE = 20, /**< Model initialization failed: the manifest is not signed by a trusted key */
    MODELSEC_EXPIRED = 21, /**< Model initialization failed: the manifest has expired */
    MODELSEC_ROLLBACK = 22, /**< Model initialization failed: an older or withdrawn version was offered */
    MODELSEC_MISMATCH = 23, /**< Model initialization failed: the manifest is for something else */
    MODELSEC_MALFORMED = 24, /**< Model initialization failed: the metadata is malformed */
    MODELSEC_NO_ARTIFACT = 25, /**< Model initialization failed: there is nothing for this platform */
    MODELSEC_CLOCK = 26, /**< Model initialization failed: the clock of this machine is wrong */
    MODELSEC_DIGEST = 30, /**< Model initialization failed: the model is not the one that was signed */
    MODELSEC_UNSAFE = 31, /**< Model initialization failed: the model contains an unsafe name or archive */
    MODELSEC_DISK_FULL = 40, /**< Model initialization failed: the disk is full */
    MODELSEC_STORE = 41, /**< Model initialization failed: the model store cannot be used */
    MODELSEC_BUSY = 42, /**< Model initialization failed: the model store is busy */
    MODELSEC_NONE_ACTIVE = 43, /**< No model is active */
    MODELSEC_POLICY = 50, /**< Model initialization failed: policy does not allow this */
    MODELSEC_FINDINGS = 60 /**< The check has findings */
};

#endif
