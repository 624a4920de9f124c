// Command rolecall serves the console and the API, and does what an operator needs beside a running server. It wires
// the other packages together and holds no rule of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// Little is kept in memory and a request leaves its garbage behind: collecting at twice the little would be most of
		// the work. At five times it is still some tens of megabytes.
		debug.SetGCPercent(400)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// environ is the environment of the process.
func environ() map[string]string {
	env := map[string]string{}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	return env
}

// terminal is what a command talks to.
type terminal struct {
	env map[string]string // environment variables; a name that is missing is not set
	in  io.Reader
	out io.Writer // results
	err io.Writer // log and complaints
}

// usageError is a mistake in how the program was called.
type usageError string

func (e usageError) Error() string { return string(e) }

// errNo is the answer "no", or that something was found, which the exit code tells and nothing else.
var errNo = errors.New("no")

// run is the whole program: it returns the exit code, 0 done, 1 failed or "no", 2 called wrongly.
func run(ctx context.Context, args []string, env map[string]string, in io.Reader, out, err io.Writer) int {
	t := &terminal{env: env, in: in, out: out, err: err}
	failure := dispatch(ctx, t, args)
	if failure == nil {
		return 0
	}
	if errors.Is(failure, errNo) {
		return 1
	}
	fmt.Fprintf(err, "rolecall: %v\n", failure)
	if _, ok := errors.AsType[usageError](failure); ok {
		return 2
	}
	return 1
}
