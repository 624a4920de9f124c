// Command rolecall serves the console and the API, and has the commands that an operator needs. It connects the other
// packages and has no rules of its own.
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
		// The heap in use is small compared to the garbage of requests, so the default would collect most of the time. Five
		// times that heap is still only tens of megabytes.
		debug.SetGCPercent(400)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
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

// terminal is the environment and the streams of a command.
type terminal struct {
	env map[string]string // the variables that are set
	in  io.Reader
	out io.Writer // results
	err io.Writer // log and errors
}

// usageError is a mistake in how the program was called.
type usageError string

func (e usageError) Error() string { return string(e) }

// errNo stands for the answer "no", or for findings: it sets the exit code and prints nothing.
var errNo = errors.New("no")

// run runs the program and returns its exit code: 0 done, 1 failed or "no", 2 called wrongly.
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
