package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Names of figures of decisions, which bounds refer to. "Another" means a check about someone other than the caller.
const (
	ownOne     = "1 check, of one's own"
	otherOne   = "1 check, about another"
	ownMany    = "100 checks, of one's own"
	otherMany  = "100 checks, about another"
	warmCrowd  = "100 subjects and 10 checks, all known"
	coldCrowd  = "100 subjects and 1 check, none known"
	inARow     = "checks in a row that were answered, default limits"
	accessOne  = "AuthZEN, 1 evaluation"
	accessMany = "AuthZEN, 100 evaluations"
	largeBytes = "document"
	loadTime   = "document, verified and loaded"
	smallBytes = "document of 100 members"
	goMedian   = "in process, Go, p50"
	goTail     = "in process, Go, p99"
	goAllocs   = "in process, Go, allocations"
	goHeap     = "in process, Go, heap"
	jsMedian   = "in process, TypeScript, p50"
	jsTail     = "in process, TypeScript, p99"
	jsMemory   = "in process, TypeScript, memory"
	atOnce     = "clients starting at once, memory of the server at most"
	revoked    = "revocation until the last client denies, p99"
	notStale   = "revocations after which no check at least as new was allowed"
	writeAlone = "write, p99"
	writeFed   = "write with clients attached, p99"
	whoAll     = "who may, all of them"
	whoPage    = "who may, 1,000 of them"
	whoFirst   = "who may, first byte"
)

// decideBounds are the targets of `bench decide`, on both engines.
var decideBounds = []bound{
	{"1 check about another, of one's own rate", otherOne, ownOne, "", 0.5, 0, 0},
	{"Time of 100 checks about another, of the time of one", otherOne, otherMany, "", 0, 3, 0},
	{"100 checks about another, of one's own rate", otherMany, ownMany, "", 0.5, 0, 0},
	{"100 subjects and 10 checks, all known", warmCrowd, "", "ms", 0, 10, 0},
	{"100 subjects, none known", coldCrowd, "", "ms", 0, 20, 0},
	{"10,000 checks in a row on default settings", inARow, "", "", 10_000, 0, 0},
	{"AuthZEN evaluation, of a check about another", accessOne, otherOne, "", 0.9, 0, 0},
	{"Time of 100 evaluations, of the time of one", accessOne, accessMany, "", 0, 3, 0},
	{"Document of 1,000,000 members", largeBytes, "", "MB", 0, 24, 1_000_000},
	{"Document of 100 members", smallBytes, "", "kB", 0, 6, 0},
	{"Verified and loaded", loadTime, "", "ms", 0, 1000, 0},
	{"In process, Go, p50", goMedian, "", "µs", 0, 1, 0},
	{"In process, Go, p99", goTail, "", "µs", 0, 2, 0},
	{"In process, Go, allocations of a check", goAllocs, "", "", 0, 0.001, 0},
	{"In process, Go, heap", goHeap, "", "MiB", 0, 64, 0},
	{"In process, TypeScript, p50", jsMedian, "", "µs", 0, 2, 0},
	{"In process, TypeScript, p99", jsTail, "", "µs", 0, 10, 0},
	{"In process, TypeScript, memory", jsMemory, "", "MiB", 0, 96, 0},
	{"Clients starting at once, memory of the server", atOnce, "", "MiB", 0, 300, 0},
	{"Revocation until the last client denies, p99", revoked, "", "ms", 0, 100, 0},
	{"Revocations that no later check missed", notStale, "", "", 1, 0, 0},
	{"Write with clients attached, of one without, p99", writeFed, writeAlone, "", 0, 1.2, 0},
	{"Who may, all", whoAll, "", "ms", 0, 4000, 0},
	{"Who may, 1,000 of them", whoPage, "", "ms", 0, 50, 0},
	{"Who may, first byte", whoFirst, "", "ms", 0, 20, 0},
}

// decideOptions set how much is measured.
type decideOptions struct {
	options
	attached    int // clients
	revocations int
}

// runDecide measures decisions: over HTTP, and in the process of an application.
func runDecide(ctx context.Context, args []string, out, log io.Writer) error {
	o := decideOptions{options: options{sizes: []int{1_000_000}}}
	fs := flag.NewFlagSet("bench decide", flag.ContinueOnError)
	fs.Func("members", "`NUMBERS` of members, with commas (default 1000000)", o.readSizes)
	fs.IntVar(&o.rounds, "rounds", 5, "`NUMBER` of rounds; the median counts")
	fs.DurationVar(&o.turn, "turn", 400*time.Millisecond, "`DURATION` of one target's turn in a round")
	fs.IntVar(&o.clients, "clients", 8, "`NUMBER` of connections, kept alive")
	fs.IntVar(&o.attached, "attached", 1000, "`NUMBER` of applications that decide for themselves")
	fs.IntVar(&o.revocations, "revocations", 10_000, "`NUMBER` of roles taken away under checks")
	fs.StringVar(&o.postgres, "postgres", "", "`URL` of a PostgreSQL server whose user may make databases: measure on it")
	quick := fs.Bool("quick", false, "few members, one round: it shows that everything runs")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	// One round of each is enough to see that it runs; the figures mean nothing.
	if *quick {
		o.sizes, o.rounds, o.turn, o.attached, o.revocations = []int{10_000}, 1, 100*time.Millisecond, 50, 50
	}
	b := book{bounds: decideBounds, both: true}
	b.begin(o.options)
	l, err := newLab(ctx, o.postgres)
	defer l.tearDown()
	if err != nil {
		return err
	}
	for _, n := range o.sizes {
		begin := time.Now()
		// Figures are useful even if something else fails: a run takes minutes.
		if failed := l.measureDecisions(ctx, o, n, func(name, unit string, value float64) { b.note(n, name, unit, value) }); failed != nil {
			err = errors.Join(err, fmt.Errorf("with %d members: %w", n, failed))
		}
		fmt.Fprintf(log, "%s members: %.0f s\n", grouped(float64(n)), time.Since(begin).Seconds())
	}
	b.print(out)
	if err == nil && !b.good() {
		return errBound
	}
	return err
}

// measureDecisions measures with one number of members: a server with a crowd and a thousand custom roles, and a small one that
// many applications follow.
func (l *lab) measureDecisions(ctx context.Context, o decideOptions, members int, note func(name, unit string, value float64)) error {
	s, err := l.serveCrowd(ctx, crowd{members, 1}, note)
	if err != nil {
		return err
	}
	err = errors.Join(s.measureAsking(ctx, o), l.measureInARow(ctx, s), s.measureDocument(ctx), s.measureTogether(o), s.measureWho(ctx, o.rounds), s.remove(ctx))
	// Applications follow an organization that changes. It is small, so that they show the feed and not the size of a document.
	small := &server{members: 100, database: filepath.Join(l.dir, "small.db"), note: func(string, string, float64) {}}
	if failed := l.serveSmall(ctx, small); failed != nil {
		return errors.Join(err, failed)
	}
	small.note = note
	return errors.Join(err, small.measureSmall(ctx), small.measureFollowers(ctx, o), measureTypeScript(ctx, members, note), small.remove(ctx))
}

// serveSmall serves a demo of a hundred members.
func (l *lab) serveSmall(ctx context.Context, s *server) error {
	if err := l.fill(s); err != nil {
		return err
	}
	if l.postgres != "" {
		if err := l.move(ctx, s); err != nil {
			return err
		}
	}
	_, err := l.startServer(ctx, s)
	return err
}
