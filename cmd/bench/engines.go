package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Names of figures of the two engines, which bounds refer to.
const (
	theFile   = "SQLite"
	theServer = "PostgreSQL"
)

// engineBounds are the targets of `bench engines`. Writes of different organizations wait for each other on SQLite but not
// on PostgreSQL. The server of PostgreSQL uses the same cores, though.
var engineBounds = []bound{
	{"Assignments on PostgreSQL, of those on SQLite", assigningApart + ", " + theServer, assigningApart + ", " + theFile, "", 0.4, 0, 0},
}

// runEngines measures assignments on both engines in turns, in one run: figures of two runs cannot be compared.
func runEngines(ctx context.Context, args []string, out io.Writer) error {
	o := options{sizes: []int{1_000}, clients: 64}
	fs := flag.NewFlagSet("bench engines", flag.ContinueOnError)
	fs.IntVar(&o.rounds, "rounds", 9, "`NUMBER` of rounds; the median counts")
	fs.DurationVar(&o.turn, "turn", 600*time.Millisecond, "`DURATION` of one server's turn in a round")
	fs.StringVar(&o.postgres, "postgres", "", "`URL` of a PostgreSQL server whose user may make databases")
	beside := fs.String("beside", "", "`PATH` of another build of the program, which takes turns with this one")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	// For one engine alone use `bench`, which measures everything else too.
	if o.postgres == "" {
		return errors.New("--postgres is missing: there is nothing to compare")
	}
	l, err := newLab(ctx, "")
	defer l.tearDown()
	if err != nil {
		return err
	}
	b := book{bounds: engineBounds, both: true}
	b.begin(o)
	// The other build has a folder of its own, since the files of a lab have the same names.
	labs := []*lab{l}
	if *beside != "" {
		labs = append(labs, &lab{dir: filepath.Join(l.dir, "beside"), binary: *beside})
	}
	if err := b.measureEngines(ctx, o, labs); err != nil {
		return err
	}
	b.print(out)
	if !b.good() {
		return errBound
	}
	return nil
}

// measureEngines starts a server on each engine, of each build, and lets all take turns.
func (b *book) measureEngines(ctx context.Context, o options, labs []*lab) (err error) {
	var servers []*server
	var targets []*target
	// A server left running would keep its database, and the next run would find it.
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.remove(context.WithoutCancel(ctx)))
		}
	}()
	for i, l := range labs {
		for _, engine := range []string{theFile, theServer} {
			name := engine
			if i > 0 {
				name += ", the other build"
			}
			s, t, err := l.spreadOn(ctx, o, engine, i)
			if s != nil && s.process != nil {
				servers = append(servers, s)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			t.name = assigningApart + ", " + name
			targets = append(targets, t)
		}
	}
	// If others use the machine too, rates say little: the processor time of one assignment is steadier.
	program, database := make([][]float64, len(targets)), make([][]float64, len(targets))
	for range o.rounds + 1 { // the first one warms up
		for i, t := range targets {
			ours, theirs := servers[i].busy(), busyServer(ctx, servers[i].database)
			begin := time.Now()
			if err := t.measure(ctx, o.turn); err != nil {
				return err
			}
			each := 1e6 / (t.rates[len(t.rates)-1] * time.Since(begin).Seconds())
			program[i] = append(program[i], each*(servers[i].busy()-ours).Seconds())
			database[i] = append(database[i], each*(busyServer(ctx, servers[i].database)-theirs).Seconds())
		}
	}
	// The first round is left out.
	for i, t := range targets {
		b.note(o.sizes[0], t.name, "/s", median(t.rates[1:]))
		b.note(o.sizes[0], t.name+", processor of the program for one", "µs", median(program[i][1:]))
		if isServer(servers[i].database) {
			b.note(o.sizes[0], t.name+", processor of the database for one", "µs", median(database[i][1:]))
		}
	}
	return nil
}

// busyServer returns how long the processes of a database on a server of this machine have used the processor.
func busyServer(ctx context.Context, database string) (sum time.Duration) {
	if !isServer(database) {
		return 0
	}
	d, err := open(database, nil)
	if err != nil {
		return 0
	}
	defer d.Close()
	// Each connection has a process, and background writers are listed as well.
	rows, err := d.QueryContext(ctx, "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
	if err != nil {
		return 0
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if rows.Scan(&pid) == nil {
			sum += busy(pid)
		}
	}
	// An incomplete sum would look like little work.
	if rows.Err() != nil {
		return 0
	}
	return sum
}

// spreadOn serves a demo with the other organizations on an engine, and returns it with its assignments.
func (l *lab) spreadOn(ctx context.Context, o options, engine string, build int) (*server, *target, error) {
	on := *l
	on.dir = filepath.Join(l.dir, engine) // since the names of files are the same for both engines
	if engine == theServer {
		on.postgres = o.postgres
	}
	if err := os.MkdirAll(on.dir, 0o700); err != nil {
		return nil, nil, err
	}
	// The name of the database on the server contains this number, so the builds must differ in it.
	members := o.sizes[0] + build
	s, err := on.serve(ctx, members, 1, func(string, string, float64) {})
	if err != nil {
		return s, nil, err
	}
	middle, err := s.people(s.members/2, 20)
	if err != nil {
		return s, nil, err
	}
	if err := settle(ctx, s.database, middle[0].Username); err != nil {
		return s, nil, err
	}
	t, err := s.spread()
	return s, t, err
}
