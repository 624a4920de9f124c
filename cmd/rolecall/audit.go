package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// auditListCommand pages with --before or streams with --all. A page is an object with the number of entries. A stream
// is a list, since what has not been read yet has not been counted.
func auditListCommand() *command {
	var q query
	var search string
	var before int64
	return &command{
		name:    "audit list",
		summary: "List what was changed, by whom, and what was refused; newest first",
		about: "Terms of --q: username, action, resource_type, resource_target, date_from, date_to, request_id, token_id,\n" +
			"each as term:value. A bare word searches targets and actors.",
		examples: []string{
			"rolecall audit list --org acme --q 'username:grace date_from:2026-11-01'",
			"rolecall audit list --limit 1000 --json",
			"rolecall audit list --all --format csv > audit.csv",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org?")(fs)
			q.limit = 50
			// Not the --limit of query, which may be 0 for all: that could be most of the database.
			fs.VarP(&bounded{&q.limit, 1, 1000}, "limit", "L", "`NUMBER` of entries at most, up to 1000")
			fs.BoolVar(&q.all, "all", false, "list all matching entries; as JSON they are a list")
			fs.Int64Var(&before, "before", 0, "`NUMBER` (seq) of an entry: list older ones")
			fs.StringVar(&search, "q", "", "`QUERY` in the language of the audit page")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				// A stream, because the trail may be larger than the memory.
				if q.all {
					return printListing(t, listing[client.AuditEntry]{auditHead, auditRow, api.StreamAudit(ctx, search, q.org)})
				}
				got, err := api.Audit(ctx, client.AuditQuery{Query: search, Organization: q.org, Before: before, Limit: q.limit})
				if err != nil {
					return err
				}
				var rows [][]string
				for _, e := range got.Entries {
					rows = append(rows, auditRow(e))
				}
				return t.print(report{value: got, head: auditHead, rows: rows})
			})
		},
	}
}

var auditHead = []string{"SEQ", "TIME", "WHAT", "STATUS", "FIELDS"}

// auditRow puts the names into the description, as the page does. The diff is only mentioned: its values may be of any
// length.
func auditRow(e client.AuditEntry) []string {
	// An entry without an account was made by the operator, who can write the database.
	actor := "operator"
	if e.User != nil {
		actor = e.User.Username
	}
	return []string{
		strconv.FormatInt(e.Seq, 10),
		e.Time.Format(time.RFC3339),
		strings.NewReplacer("{user}", actor, "{target}", e.ResourceTarget).Replace(e.Description),
		strconv.Itoa(e.StatusCode),
		strings.Join(slices.Sorted(maps.Keys(e.Diff)), " "),
	}
}
