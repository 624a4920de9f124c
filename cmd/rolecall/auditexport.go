package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/org"
	"rolecall.example/org/services"
)

// auditExportCommand writes a file for an archive that can be verified by itself.
func auditExportCommand() *command {
	var before string
	return &command{
		name:    "audit export",
		operand: "FILE",
		summary: "Write the audit trail up to a day to a file that can be verified",
		about: "Writes each entry as a line of JSON, as it was recorded, with its hash; audit verify FILE needs nothing else. Keep the\n" +
			"printed root where others cannot write: audit verify FILE --root then detects a file that was rewritten.",
		examples: []string{"rolecall audit export /archive/audit-2026.jsonl --before 2027-01-01 --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		flags: func(set *pflag.FlagSet) {
			set.StringVar(&before, "before", "", "`DATE` of the first day that is left out (UTC); all if not set")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			until := time.Now().Add(time.Second)
			if before != "" {
				day, err := time.Parse(time.DateOnly, before)
				if err != nil {
					return usageError(fmt.Sprintf("--before: %q is not a day like 2027-01-01", before))
				}
				until = day
			}
			return operate(ctx, c, func(ctx context.Context, service *services.Service, _ *org.Actor) error {
				e, err := exportTo(ctx, service, c.operand, until)
				if err != nil {
					return err
				}
				return t.print(exported(e, func(w io.Writer) {
					fmt.Fprintf(w, "%s in %s from before %s, root %s\n", counted(e.Entries, "entry", "entries"), counted(e.Chains, "chain", "chains"), e.Before.Format(time.RFC3339), e.Root)
				}))
			})
		},
	}
}

// exportTo writes the whole file, or none.
func exportTo(ctx context.Context, service *services.Service, name string, until time.Time) (e org.AuditExport, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".audit-*") // only its owner can read it
	if err != nil {
		return e, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	out := bufio.NewWriterSize(f, 64<<10)
	if e, err = service.ExportAudit(ctx, until, out); err != nil {
		return e, err
	}
	if err = errors.Join(out.Flush(), f.Sync()); err != nil {
		return e, err
	}
	if err = f.Close(); err != nil {
		return e, err
	}
	return e, os.Rename(f.Name(), name)
}

func exported(e org.AuditExport, text func(io.Writer)) report {
	return report{
		value: map[string]any{"entries": e.Entries, "chains": e.Chains, "before": e.Before, "root": e.Root},
		head:  []string{"ENTRIES", "CHAINS", "BEFORE", "ROOT"}, names: []string{e.Root},
		rows: [][]string{{fmt.Sprint(e.Entries), fmt.Sprint(e.Chains), e.Before.Format(time.RFC3339), e.Root}}, text: text,
	}
}

// verifyFile verifies an export without any database.
func verifyFile(t *terminal, name, root string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	e, problem, err := services.VerifyAuditExport(f, root)
	if err != nil {
		return err
	}
	r := exported(e, func(w io.Writer) {
		if problem != "" {
			fmt.Fprintln(w, problem+".")
			return
		}
		fmt.Fprintf(w, "The file is whole: %s in %s from before %s, root %s\n", counted(e.Entries, "entry", "entries"), counted(e.Chains, "chain", "chains"), e.Before.Format(time.RFC3339), e.Root)
	})
	r.value = map[string]any{"entries": e.Entries, "chains": e.Chains, "before": e.Before, "root": e.Root, "broken": problem}
	return t.verdict(problem == "", r)
}
