// Command bench measures the built server with 1,000, 10,000, 100,000 and 1,000,000 members: requests a second, latencies
// and memory, compared with a minimal server of the same parts and with the database alone. All figures come from one run,
// and the compared programs take turns in short rounds, so that a slow phase of the machine affects all of them. As
// "bench catalog" it measures what changes of the catalog would do to a million members instead, and as "bench decide"
// decisions of applications, over HTTP and in their process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rolecall.example/web/ceiling"
)

// main exits with 1 after an error, and also if a target was missed, so that a pipeline notices.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errBound reports that a figure missed its target. The figures are printed and saved all the same.
var errBound = errors.New("a target was missed")

// options set how much time to take. A quick run and one for the documentation differ in these alone.
type options struct {
	sizes    []int
	rounds   int
	turn     time.Duration
	patience time.Duration
	clients  int
	postgres string
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) > 0 && args[0] == "catalog" {
		return runCatalog(ctx, args[1:], out, log)
	}
	if len(args) > 0 && args[0] == "decide" {
		return runDecide(ctx, args[1:], out, log)
	}
	if len(args) > 0 && args[0] == "engines" {
		return runEngines(ctx, args[1:], out)
	}
	// Each is ten times the one before: a row of the table shows what grows with the number of members.
	o := options{sizes: []int{1_000, 10_000, 100_000, 1_000_000}}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.Func("sizes", "`NUMBERS` of members, with commas (default 1000,10000,100000,1000000)", o.readSizes)
	fs.IntVar(&o.rounds, "rounds", 5, "`NUMBER` of rounds; the median counts")
	fs.DurationVar(&o.turn, "turn", 400*time.Millisecond, "`DURATION` of one target's turn in a round")
	fs.DurationVar(&o.patience, "patience", 3*time.Second, "`DURATION` that 100 requests may take whose times are measured; there are less of slower ones")
	fs.IntVar(&o.clients, "clients", 8, "`NUMBER` of connections, kept alive")
	dir := fs.String("out", filepath.Join("docs", "performance"), "`FOLDER` for results and plots, beside a page of its name; empty: keep nothing")
	fs.StringVar(&o.postgres, "postgres", "", "`URL` of a PostgreSQL server whose user may make databases: measure on it, without targets")
	quick := fs.Bool("quick", false, "two small sizes, one round, nothing kept")
	write := fs.Bool("write-docs", false, "measure nothing: draw and write down again what was measured last")
	asCeiling := fs.Bool("ceiling", false, "be the server to measure against: the page comes on standard input")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	// One round is no measurement. It shows that everything runs.
	if *quick {
		o.sizes, o.rounds, o.patience, *dir = []int{1_000, 10_000}, 1, time.Second, ""
	}
	var b book
	var err error
	switch {
	case *asCeiling:
		return serveCeiling(ctx, out)
	// So that a change of the tables or plots needs no new run.
	case *write:
		err = b.load(*dir)
	default:
		err = b.measure(ctx, o, log)
	}
	if err != nil {
		return err
	}
	b.print(out)
	if *dir != "" {
		if err := b.save(*dir); err != nil {
			return err
		}
	}
	if !b.good() {
		return errBound
	}
	return nil
}

// readSizes replaces the default, so a run can be about one size.
func (o *options) readSizes(list string) error {
	o.sizes = nil
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		o.sizes = append(o.sizes, n)
	}
	return nil
}

// measure measures one size after the other.
func (b *book) measure(ctx context.Context, o options, log io.Writer) error {
	b.begin(o)
	// Torn down also after an error, because the folder is there before the build.
	l, err := newLab(ctx, o.postgres)
	defer l.tearDown()
	if err != nil {
		return err
	}
	for _, size := range o.sizes {
		begin := time.Now()
		note := func(name, unit string, value float64) { b.note(size, name, unit, value) }
		// One server at a time: two would share the machine.
		s, err := l.serve(ctx, size, min(3, o.rounds), note)
		if err != nil {
			return err
		}
		err = s.measure(ctx, l, o)
		// Before the next size is made, since the disk may not hold both.
		err = errors.Join(err, s.remove(ctx))
		if err != nil {
			return fmt.Errorf("with %d members: %w", size, err)
		}
		fmt.Fprintf(log, "%s members: %.0f s\n", grouped(float64(size)), time.Since(begin).Seconds())
	}
	return nil
}

// serveCeiling runs this program as the ceiling. It prints its address.
func serveCeiling(ctx context.Context, out io.Writer) error {
	page, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// The parent waits for this line, so it must come after the port is open.
	fmt.Fprintln(out, listener.Addr())
	server := &http.Server{Handler: ceiling.Handler(page), ReadHeaderTimeout: time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	return server.Serve(listener)
}
