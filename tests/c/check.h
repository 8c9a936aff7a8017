/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* What the C tests share: a check that names its line, and the origin (tests/support/origin_main.cpp) as a child process. */
#ifndef MODELSEC_TESTS_C_CHECK_H
#define MODELSEC_TESTS_C_CHECK_H

#include <modelsec/modelsec.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(what)                                                            \
    do                                                                         \
        if (!(what))                                                           \
        {                                                                      \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
            exit(1);                                                           \
        }                                                                      \
    while (0)

typedef struct origin
{
    FILE* orders;
    FILE* answers;
    pid_t process;
    char line[65536]; /* the last answer */
    char manifest_url[256];
    char ca[256];
    char pins[512];
} origin;

/* The string or object that follows "name": in the last answer. */
static void member(const origin* o, const char* name, char* to, size_t size)
{
    char key[64];
    const char* at;
    size_t n = 0;
    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(o->line, key);
    CHECK(at);
    at += strlen(key);
    if (*at == '{')
    {
        int depth = 0;
        do
        {
            depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
            to[n++] = *at++;
        } while (depth > 0 && n + 1 < size);
    }
    else
        for (++at; *at != '"' && n + 1 < size;)
            to[n++] = *at++;
    to[n] = '\0';
}

static void next_answer(origin* o)
{
    CHECK(fgets(o->line, sizeof o->line, o->answers));
    CHECK(strncmp(o->line, "{\"ok\":true", 10) == 0);
}

static void order(origin* o, const char* json)
{
    fprintf(o->orders, "%s\n", json);
    fflush(o->orders);
    next_answer(o);
}

static void origin_start(origin* o)
{
    int in[2], out[2];
    const char* program = getenv("MODELSEC_ORIGIN");
    CHECK(program && pipe(in) == 0 && pipe(out) == 0);
    o->process = fork();
    if (o->process == 0)
    {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        execl(program, program, "300", (char*)NULL);
        _exit(127);
    }
    close(in[0]), close(out[1]);
    o->orders = fdopen(in[1], "w");
    o->answers = fdopen(out[0], "r");
    next_answer(o);
    member(o, "manifest_url", o->manifest_url, sizeof o->manifest_url);
    member(o, "ca", o->ca, sizeof o->ca);
    member(o, "pins", o->pins, sizeof o->pins);
}

static void origin_stop(origin* o)
{
    fclose(o->orders);
    fclose(o->answers);
    waitpid(o->process, NULL, 0);
}

/* A new empty folder; a store is to be made in it. */
static void new_folder(char* path, size_t size)
{
    snprintf(path, size, "/tmp/modelsec-c-XXXXXX");
    CHECK(mkdtemp(path));
}

static void remove_folder(const char* path)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    CHECK(system(command) == 0);
}

#endif
