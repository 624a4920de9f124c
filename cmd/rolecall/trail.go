package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// auditVerifyCommand is for people who do not trust the server, so it only needs the database and a root from
// elsewhere.
func auditVerifyCommand() *command {
	var f org.VerifyFilter
	var exports []string
	return &command{
		name:    "audit verify",
		operand: "[FILE]",
		summary: "Check that no entry of the audit trail was edited, removed or inserted",
		about: "Each entry has a hash of itself and of the entry before it in the chain of its organization or of the site; a root\n" +
			"has a hash of all chains. This command reads the database, not a server, since a server could hide what was done to\n" +
			"it. With FILE it checks what audit export wrote, and needs no database. Exit code 1: the trail is broken.",
		examples: []string{
			"rolecall audit verify --db /var/lib/rolecall/rolecall.db",
			"rolecall audit verify --root sha256:0b1f…",
			"rolecall audit verify /archive/audit-2026.jsonl",
			"rolecall audit verify --exported /archive/audit-2025.jsonl --exported /archive/audit-2026.jsonl",
		},
		settings: []string{"db"},
		flags: func(set *pflag.FlagSet) {
			set.StringVar(&f.Organization, "organization", "", "check the chain of this organization alone, by `name` or id")
			set.StringVar(&f.Root, "root", "", "require that one of the roots has this `hash`, as audit root printed it")
			set.StringArrayVar(&exports, "exported", nil, "require that this `FILE` or another one has what audit prune took out; repeatable")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if c.operand != "" {
				if f.Organization != "" || exports != nil {
					return usageError("--organization and --exported are of a database: an export is verified whole")
				}
				return verifyFile(t, c.operand, f.Root)
			}
			c.tampered = true // verify reports how it was changed
			return operate(ctx, c, func(ctx context.Context, service *services.Service, _ *org.Actor) error {
				v, err := service.VerifyAudit(ctx, f)
				// An unknown name does not mean a broken trail.
				if org.KindOf(err) == org.NotFound {
					return usageError(fmt.Sprintf("there is no organization %q", f.Organization))
				}
				if err != nil {
					return err
				}
				if exports != nil {
					if err := matchExports(&v, exports); err != nil {
						return err
					}
				}
				findings := append([]string{}, v.Findings...)
				prunes := []map[string]any{}
				for _, p := range v.Prunes {
					prunes = append(prunes, pruneValue(p))
				}
				value := map[string]any{"entries": v.Entries, "sealed": v.Sealed, "chains": v.Chains, "roots": v.Roots, "prunes": prunes, "broken": v.Broken(), "findings": findings}
				var rows [][]string
				for _, finding := range findings {
					rows = append(rows, []string{finding})
				}
				return t.verdict(v.Broken() == "", report{value: value, head: []string{"FINDING"}, rows: rows, text: func(w io.Writer) { tellTrail(w, v) }})
			})
		},
	}
}

// tellTrail says how much was verified, because an intact trail without entries proves nothing.
func tellTrail(w io.Writer, v org.Verification) {
	for _, finding := range v.Findings {
		fmt.Fprintln(w, finding+".")
	}
	for _, p := range v.Prunes {
		fmt.Fprintf(w, "Gone since %s: %s from before %s, in the file with root %s\n", p.Time.Format(time.DateOnly),
			counted(p.Entries, "entry", "entries"), p.Before.Format(time.DateOnly), p.Root)
	}
	switch {
	case len(v.Findings) > 0:
	case v.Entries == 0:
		fmt.Fprintln(w, "The trail is empty.")
	case v.Sealed == 0:
		fmt.Fprintf(w, "The trail is whole: %s in %s, %s.\n", counted(v.Entries, "entry", "entries"), counted(v.Chains, "chain", "chains"), counted(v.Roots, "root", "roots"))
	default:
		fmt.Fprintf(w, "The trail is whole: %s, %s in %s, %s.\n", counted(v.Sealed, "sealed entry", "sealed entries"), thousands(v.Entries-v.Sealed),
			counted(v.Chains, "chain", "chains"), counted(v.Roots, "root", "roots"))
	}
}

// auditRootCommand prints only the hash with --quiet, to be stored where the owner of the database cannot write.
func auditRootCommand() *command {
	return &command{
		name:    "audit root",
		summary: "Make one hash of the whole audit trail, to keep elsewhere",
		about: "A server makes a root every day; this command makes one now and prints it. With a root that was kept elsewhere,\n" +
			"audit verify --root detects that the whole trail was rewritten.",
		examples: []string{"rolecall audit root --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return operate(ctx, c, func(ctx context.Context, service *services.Service, _ *org.Actor) error {
				root, err := service.WriteAuditRoot(ctx)
				if err != nil {
					return err
				}
				return t.print(report{
					value: map[string]any{"time": root.Time, "seq": root.Seq, "chains": root.Chains, "hash": root.Hash},
					head:  []string{"SEQ", "TIME", "CHAINS", "HASH"}, names: []string{root.Hash},
					rows: [][]string{{strconv.FormatInt(root.Seq, 10), root.Time.Format(time.RFC3339), strconv.Itoa(root.Chains), root.Hash}},
					text: func(w io.Writer) {
						fmt.Fprintf(w, "%s root %d: %s, %s\n", root.Time.Format(time.RFC3339), root.Seq, counted(root.Chains, "chain", "chains"), root.Hash)
					},
				})
			})
		},
	}
}

// keepTrail makes a root of the audit trail every day, and entries about expired tokens, until ctx ends. With several
// replicas, one of them does it.
func keepTrail(ctx context.Context, service *services.Service, log *slog.Logger) {
	// On a server that restarts often, some tokens would never be recorded if it waited first.
	noteExpiries(ctx, service, log)
	// Every hour, although a root is due once a day: a server that was down at that time makes it soon after.
	roots, expiries := time.NewTicker(time.Hour), time.NewTicker(time.Minute)
	defer roots.Stop()
	defer expiries.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiries.C:
			noteExpiries(ctx, service, log)
		case <-roots.C:
			// Only a warning: it is retried, and requests do not need it.
			if _, err := service.WriteDueAuditRoot(ctx); err != nil && ctx.Err() == nil {
				log.Warn("no root of the audit trail could be made", "err", err)
			}
			if _, err := service.FinishPrune(ctx); err != nil && ctx.Err() == nil {
				log.Warn("entries of the audit trail that were pruned are still there", "err", err)
			}
		}
	}
}

// sweepEnded removes what has ended as soon as it ends, until ctx ends. It checks every minute, since another server
// may have given something that ends sooner. With several servers, any of them may do it.
func sweepEnded(ctx context.Context, service *services.Service, d *db.DB, log *slog.Logger) {
	for {
		if skew, err := d.Skew(ctx); err == nil && db.SkewWarning(skew) != "" {
			log.Warn(db.SkewWarning(skew))
		}
		_, failed := service.SweepEnded(ctx)
		if failed != nil && ctx.Err() == nil {
			log.Warn("roles that have ended are still listed in counts and filters", "err", failed)
		}
		wait := time.Minute
		if at, ok, err := service.NextEnd(ctx); err == nil && ok && failed == nil { // after a failure it would always be due
			wait = max(time.Second, min(wait, time.Until(at)))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// keepSmall deletes old change events, versions of roles beyond those that are kept, and old mails, until ctx ends. With
// several servers, any of them may do it.
func keepSmall(ctx context.Context, service *services.Service, roleVersions int, log *slog.Logger) {
	due := time.NewTicker(10 * time.Minute)
	defer due.Stop()
	for {
		if _, err := service.Feed.Prune(ctx); err != nil && ctx.Err() == nil {
			log.Warn("old changes are kept", "err", err)
		}
		if _, err := service.PruneRoleVersions(ctx, roleVersions); err != nil && ctx.Err() == nil {
			log.Warn("old versions of roles are kept", "err", err)
		}
		if err := service.Invite.DropOldNotices(ctx); err != nil && ctx.Err() == nil {
			log.Warn("old mails are kept", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-due.C:
		}
	}
}

// noteExpiries only affects the trail: an expired token is refused because of its time, whether or not that was
// recorded.
func noteExpiries(ctx context.Context, service *services.Service, log *slog.Logger) {
	if _, err := service.NoteExpiredTokens(ctx); err != nil && ctx.Err() == nil {
		log.Warn("the audit trail does not tell of tokens that have expired", "err", err)
	}
	if _, err := service.TellEndingTokens(ctx); err != nil && ctx.Err() == nil {
		log.Warn("tokens that end soon are not told of", "err", err)
	}
	if _, err := service.Directory.TellEndingTokens(ctx); err != nil && ctx.Err() == nil {
		log.Warn("tokens of directories that end soon are not told of", "err", err)
	}
}

// finish puts away what the use cases have in memory and on disk, once no more requests can come.
func finish(ctx context.Context, service *services.Service, log *slog.Logger) {
	_ = service.Snapshots.Close() // leftovers are in the folder for temporary files
	if err := service.Directory.WriteRequests(context.WithoutCancel(ctx)); err != nil {
		log.Error("the last requests of directories are not in their log", "error", err)
	}
}

// parseRoleVersions takes 0 for all: nothing is deleted unless an operator says how much to keep.
func parseRoleVersions(c *config, v string) (err error) {
	if c.roleVersions, err = strconv.Atoi(v); err != nil || c.roleVersions < 0 {
		return errors.New("must be a number, 0 for all")
	}
	return nil
}
