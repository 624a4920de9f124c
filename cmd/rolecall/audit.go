package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rolecall.example/org/services"

	"rolecall.example/client"
	"rolecall.example/org"
)

func auditListCommand() *command {
	var q query
	var search string
	var before int64
	return &command{
		name:    "audit list",
		summary: "List what was changed, by whom, and what was refused; newest first",
		about: "Terms of --q: username, action, resource_type, resource_target, date_from, date_to, request_id, each as\n" +
			"term:value. A bare word is looked for in targets and actors.",
		examples: []string{
			"rolecall audit list --org acme --q 'username:grace date_from:2026-11-01'",
			"rolecall audit list --limit 1000 --json",
		},
		settings: askSettings,
		flags: func(fs *flag.FlagSet) {
			q.flags("org?")(fs)
			fs.IntVar(&q.limit, "limit", 50, "`NUMBER` of entries at most, up to 1000")
			fs.Int64Var(&before, "before", 0, "`NUMBER` (seq) of an entry: list what is older")
			fs.StringVar(&search, "q", "", "`QUERY` in the language of the audit page")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.Audit(ctx, client.AuditQuery{Query: search, Organization: q.org, Before: before, Limit: q.limit})
				if err != nil || q.json {
					return printed(t.out, got, err)
				}
				printAudit(t.out, got.Entries)
				return nil
			})
		},
	}
}

func printAudit(w io.Writer, entries []client.AuditEntry) {
	rows := [][]string{{"SEQ", "TIME", "WHAT", "STATUS", "FIELDS"}}
	for _, e := range entries {
		actor := "operator"
		if e.User != nil {
			actor = e.User.Username
		}
		rows = append(rows, []string{
			strconv.FormatInt(e.Seq, 10),
			e.Time.Format(time.RFC3339),
			strings.NewReplacer("{user}", actor, "{target}", e.ResourceTarget).Replace(e.Description),
			strconv.Itoa(e.StatusCode),
			strings.Join(slices.Sorted(maps.Keys(e.Diff)), " "),
		})
	}
	table(w, rows...)
}

func auditVerifyCommand() *command {
	var q query
	return &command{
		name:    "audit verify",
		summary: "Check that no entry of the audit trail was edited, removed or inserted",
		about: "Each entry has a hash of itself and of the entry before it. This command reads the database, not a server, since a\n" +
			"server could hide what was done to it. Exit code 1: the trail is broken.",
		examples: []string{"rolecall audit verify --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		flags:    q.flags(),
		run: func(ctx context.Context, t *terminal, c *config) error {
			c.tampered = true // verify reports what was done to it
			return operate(ctx, c, func(ctx context.Context, service *services.Service, _ *org.Actor) error {
				v, err := service.VerifyAudit(ctx)
				if err != nil {
					return err
				}
				whole := verdict(v.Broken == "")
				switch {
				case q.json:
					return errors.Join(printJSON(t.out, map[string]any{"entries": v.Entries, "broken": v.Broken}), whole)
				case v.Entries == 0 && whole == nil:
					fmt.Fprintln(t.out, "The trail is empty.")
				case whole == nil:
					fmt.Fprintf(t.out, "All %d entries are as they were written.\n", v.Entries)
				default:
					fmt.Fprintf(t.out, "The trail is broken after %d entries: %s.\n", v.Entries, v.Broken)
				}
				return whole
			})
		},
	}
}
