// Command rolecall serves the console and the API, and has the commands that an operator needs. It connects the other
// packages and has no rules itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"rolecall.example/client"
	"rolecall.example/org"
)

// main has what cannot be tested; run has everything else, with streams and an environment that tests provide.
func main() {
	// If it is set, the operator knows better.
	if os.Getenv("GOGC") == "" {
		boundGarbage()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	// The deferred calls of run must have ended: os.Exit would skip them.
	code := run(ctx, os.Args[1:], environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// environ returns the environment of the process.
func environ() map[string]string {
	env := map[string]string{}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	return env
}

// errNo stands for the answer "no", or for findings: it sets the exit code and prints nothing. It is an error so that a
// command can end with it from any depth.
var errNo = errors.New("no")

// The exit codes of all commands. Scripts depend on them. A no is not a failure: a caller of "can-i" must be able to
// tell it from a server that is down.
const (
	exitDone   = 0 // done, or the answer is yes
	exitNo     = 1 // the answer is no; something differs, or was found
	exitUsage  = 2 // called wrongly: flags, a missing database, an unknown name
	exitFailed = 3 // it could not be done, or the answer could not be written
)

// run runs the program and returns its exit code. It is the one place that prints errors.
func run(ctx context.Context, args []string, env map[string]string, in io.Reader, out, log io.Writer) int {
	answer := &sink{Writer: out}
	failure := dispatch(ctx, &terminal{env: env, in: in, out: answer, err: log}, args)
	code := exitCode(failure)
	if code > exitNo && failure.Error() != "" {
		fmt.Fprintf(log, "rolecall: %v\n", failure)
	}
	// A command whose answer was lost has failed, even if it ended well: on a full disk, a script would take the empty
	// file for an empty list. This also replaces a no.
	if answer.err != nil && code <= exitNo {
		fmt.Fprintf(log, "rolecall: %v\n", answer.err)
		return exitFailed
	}
	return code
}

// exitCode returns the exit code of an error. Systemd does not restart a server that ended with exitUsage. Errors of a
// server and of the use cases are classified the same way, so that a script need not know which of them it asked. A
// refusal is 3: the call was right, and someone else could make it.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errNo) {
		return exitNo
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	switch client.StatusOf(err) {
	case http.StatusBadRequest, http.StatusNotFound:
		return exitUsage
	case 0:
		if kind := org.KindOf(err); kind == org.Invalid || kind == org.NotFound {
			return exitUsage
		}
	}
	return exitFailed
}
