package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/org"
	"rolecall.example/org/services"
)

// auditPruneCommand is the only way to remove entries, and it takes a file that contains them. There is no route for
// it: the trail exists so that no account can remove its traces.
func auditPruneCommand() *command {
	var before, file string
	var dryRun bool
	return &command{
		name:    "audit prune",
		summary: "Remove audit entries that a file from audit export contains",
		about: "Verifies FILE, and refuses unless it contains every entry to be removed, of the site and of each organization. It\n" +
			"records where each chain continues, so audit verify still proves what is left and, with --exported, that the files have\n" +
			"the rest. The audit trail records the prune. It works beside running servers; an interrupted prune is finished by the\n" +
			"next one, or by a server within the hour. The removed changes can no longer be undone. Keep FILE: it is the only copy.\n" +
			"A SQLite file does not shrink, but reuses the space. Exit code 2: refused.",
		examples: []string{
			"rolecall audit export /archive/audit-2026.jsonl --before 2027-01-01",
			"rolecall audit prune --before 2027-01-01 --exported /archive/audit-2026.jsonl --dry-run",
			"rolecall audit prune --before 2027-01-01 --exported /archive/audit-2026.jsonl",
		},
		settings: []string{"db"},
		flags: func(set *pflag.FlagSet) {
			set.StringVar(&before, "before", "", "`DATE` of the first day that stays (UTC)")
			set.StringVar(&file, "exported", "", "`FILE` that audit export wrote; a dry run does without")
			set.BoolVar(&dryRun, "dry-run", false, "tell what would go, and change nothing")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			day, err := time.Parse(time.DateOnly, before)
			if err != nil {
				return usageError(fmt.Sprintf("--before: %q is not a day like 2027-01-01", before))
			}
			var in io.Reader
			switch {
			case file != "":
				f, err := os.Open(file)
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			// Only a dry run works without a file to compare with.
			case !dryRun:
				return usageError("--exported FILE is missing: write it with audit export")
			}
			// Only on the database, not through a server: only people who could write it anyway may remove entries.
			return operate(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor) error {
				p, err := service.PruneAudit(ctx, operator.Request, day, in, dryRun)
				if err != nil {
					return err
				}
				return t.print(prunedReport(p, dryRun))
			})
		},
	}
}

// prunedReport prints the hash of the file as sha256sum does, so that a copy of it can be identified years later.
func prunedReport(p org.AuditPrune, dryRun bool) report {
	value := pruneValue(p)
	value["chains"], value["dry_run"] = p.Chains, dryRun
	// The root is left out of the table, where it would take up most of a line; the JSON has it.
	return report{
		value: value,
		head:  []string{"ENTRIES", "CHAINS", "BEFORE", "UP TO", "FILE"},
		rows:  [][]string{{fmt.Sprint(p.Entries), fmt.Sprint(p.Chains), p.Before.Format(time.DateOnly), strconv.FormatInt(p.UpTo, 10), p.File}},
		text: func(w io.Writer) {
			what := fmt.Sprintf("%s of %s from before %s", counted(p.Entries, "entry", "entries"), counted(p.Chains, "chain", "chains"), p.Before.Format(time.DateOnly))
			switch {
			case p.Entries == 0:
				fmt.Fprintf(w, "Nothing from before %s is left to remove.\n", p.Before.Format(time.DateOnly))
			case dryRun && p.File == "":
				fmt.Fprintf(w, "Would remove %s, up to number %d, if a file has them.\n", what, p.UpTo)
			case dryRun:
				fmt.Fprintf(w, "Would remove %s, up to number %d. The file has them.\n", what, p.UpTo)
			default:
				fmt.Fprintf(w, "Removed %s, up to number %d. Keep the file, sha256 %s.\n", what, p.UpTo, p.File)
			}
		},
	}
}

// pruneValue returns a prune as JSON, also for the output of audit verify.
func pruneValue(p org.AuditPrune) map[string]any {
	return map[string]any{"seq": p.Seq, "time": p.Time, "before": p.Before, "up_to": p.UpTo, "entries": p.Entries, "file_sha256": p.File, "root": p.Root}
}

// matchExports matches files with prunes by the roots that each prune recorded, so files may be given in any order, and
// more than needed. It adds what is wrong with files, and the prunes that no file matches.
func matchExports(v *org.Verification, names []string) error {
	has := map[string]bool{}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		e, problem, err := services.VerifyAuditExport(f, "")
		_ = f.Close()
		if err != nil {
			return err
		}
		// A broken file matches nothing, since its root was not reached.
		if has[e.Root] = true; problem != "" {
			v.Findings = append(v.Findings, name+": "+problem)
		}
	}
	// A prune was compared with its file entry by entry when it was made, and the trail proves what it recorded about
	// it.
	for _, p := range v.Prunes {
		if !has[p.Root] {
			v.Findings = append(v.Findings, fmt.Sprintf("no file has the %d entries from before %s: its root would be %s", p.Entries, p.Before.Format(time.DateOnly), p.Root))
		}
	}
	return nil
}
