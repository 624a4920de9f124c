// Command bench measures how many requests a second the built server answers, with 10,000 and with 100,000 members,
// beside the most that a server made of the same parts could answer. Everything comes from one run: the targets take
// turns in short rounds, so that a machine that slows down slows all of them down.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"rolecall/web/ceiling"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errFloor says that a ratio was below its floor.
var errFloor = errors.New("below a floor")

func run(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := fs.Int("rounds", 7, "`NUMBER` of rounds; the median counts")
	turn := fs.Duration("turn", time.Second, "`DURATION` of one target's turn in a round")
	clients := fs.Int("clients", 8, "`NUMBER` of connections, kept alive")
	asJSON := fs.Bool("json", false, "print JSON")
	asCeiling := fs.Bool("ceiling", false, "be the server to measure against: the page comes on standard input")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *asCeiling {
		return serveCeiling(ctx, out)
	}
	l, err := setUp(ctx)
	defer l.tearDown()
	if err != nil {
		return err
	}
	if err := l.warmUp(ctx, *clients); err != nil {
		return err
	}
	for range *rounds {
		for _, t := range l.targets {
			if err := t.measure(ctx, *turn, *clients); err != nil {
				return err
			}
		}
	}
	results := l.results()
	if *asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(results)
	} else {
		fmt.Fprintf(out, "%d cores, %d connections, median of %d rounds of %v, one write a second beside paginated-members\n\n",
			runtime.NumCPU(), *clients, *rounds, *turn)
		write(out, results)
	}
	if slices.ContainsFunc(results, func(r result) bool { return r.Ratio < r.Floor }) {
		err = errors.Join(err, errFloor)
	}
	return err
}

// serveCeiling is this program in its other part. It prints its address.
func serveCeiling(ctx context.Context, out io.Writer) error {
	page, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, listener.Addr())
	server := &http.Server{Handler: ceiling.Handler(page), ReadHeaderTimeout: time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	return server.Serve(listener)
}
