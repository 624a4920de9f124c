package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// copyCommand asks no question, since it only writes where there is nothing yet.
func copyCommand() *command {
	var from, to string
	return &command{
		// No settings: source and target are both named, as either could be that of the settings.
		name:    "copy",
		summary: "Move a SQLite file to a PostgreSQL database; the server must be stopped",
		about: "The tables of the target must be empty or missing. Everything is copied in one transaction, and every row is read\n" +
			"back and compared: if the copy is interrupted or fails, the target stays empty. The file is not changed.\n" +
			"Without a password in the URL, it is read from PGPASSWORD or ~/.pgpass.",
		examples: []string{"rolecall copy --from /var/lib/rolecall/rolecall.db --to postgres://rolecall@db.example.com/rolecall"},
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&from, "from", "", "`FILE` to read")
			fs.StringVar(&to, "to", "", "`URL` of the database to fill")
		},
		run: func(ctx context.Context, t *terminal, _ *config) error {
			if from == "" || db.IsServer(from) || !db.IsServer(to) {
				return usageError("--from FILE and --to postgres://… are needed; see rolecall help copy")
			}
			// Mistakes in the call come first, as copying a large file takes long.
			if err := db.CheckURL(to); err != nil {
				return usageError("--to: " + err.Error())
			}
			if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
				return usageError("there is no database at " + from + ": name it with --from")
			}
			file, err := db.Resolve(from)
			if err != nil {
				return usageError("--from: " + err.Error())
			}
			return copyAll(ctx, t, file, to)
		},
	}
}

// copyAll locks the file as a server does: otherwise a server could write after the copy began, and that would be lost
// silently.
func copyAll(ctx context.Context, t *terminal, from, to string) error {
	unlock, err := lock(from)
	if errors.Is(err, errRunning) {
		return fmt.Errorf("%w: stop it first", err)
	}
	if err != nil {
		return err
	}
	defer unlock()
	// On standard error, so the result can be piped.
	b := &bar{out: t.err, last: -1}
	copied, err := db.Copy(ctx, from, to, b.show)
	b.end()
	if err != nil {
		return fmt.Errorf("nothing was copied: %w", err)
	}
	rows := [][]string{{"copied to", db.Describe(to)}}
	for _, name := range slices.Sorted(maps.Keys(copied)) {
		rows = append(rows, []string{name, strconv.FormatInt(copied[name], 10)})
	}
	// Every row was compared. The chains of the trail are verified on the new engine as well, since their hashes depend
	// on how it returns values.
	d, err := db.Open(ctx, to)
	if err != nil {
		return err
	}
	trail, err := services.New(d, services.Options{}).VerifyAudit(ctx, org.VerifyFilter{})
	if err == nil && trail.Broken() != "" {
		err = errors.New("audit trail: " + trail.Broken())
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	return t.print(report{value: map[string]any{"copied to": db.Describe(to), "rows": copied}, rows: rows, names: []string{db.Describe(to)}})
}

// bar shows progress in a line that it overwrites.
type bar struct {
	out  io.Writer
	last int64 // percent
}

func (b *bar) show(done, total int64) {
	// It only writes if the number changed: most calls are about less than one percent.
	percent := 100 * done / max(1, total)
	if percent == b.last {
		return
	}
	b.last = percent
	fmt.Fprintf(b.out, "\r[%-40s] %3d %%", strings.Repeat("#", int(percent*40/100)), percent)
}

// end finishes the line, if there is one, before anything else is printed.
func (b *bar) end() {
	if b.last >= 0 {
		fmt.Fprintln(b.out)
	}
}
