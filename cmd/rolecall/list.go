package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rolecall.example/org"
)

func membersListCommand() *command {
	var q query
	filter := struct{ q, role, status, sort string }{}
	return &command{
		name:     "members list",
		summary:  "List the members of an organization with their roles",
		examples: []string{"rolecall members list --org acme", "rolecall members list --org acme --role auditor --status suspended --json"},
		settings: askSettings,
		flags: func(fs *flag.FlagSet) {
			q.flags("org", "limit")(fs)
			fs.StringVar(&filter.q, "q", "", "`TEXT` in username, name or e-mail address")
			fs.StringVar(&filter.role, "role", "", "`ROLE,…` in the organization, any of them")
			fs.StringVar(&filter.status, "status", "", "`STATUS,…` of the account: active, dormant, suspended")
			fs.StringVar(&filter.sort, "sort", "", "`KEY` to sort by: username, name, email, created_at or updated_at; - in front turns it round")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				v := url.Values{}
				for name, value := range map[string]string{"q": filter.q, "role": filter.role, "status": filter.status} {
					if value != "" {
						v[name] = strings.Split(value, ",")
					}
				}
				if filter.sort != "" {
					v.Set("sort", filter.sort)
				}
				if q.limit > 0 {
					v.Set("limit", strconv.Itoa(q.limit))
				}
				return q.members(a, t.out, v)
			})
		},
	}
}

func (q *query) members(a *api, w io.Writer, v url.Values) error {
	var got []struct {
		Username, Name, Email string
		Roles                 []roleName
		SiteRoles             []roleName `json:"global_roles"`
	}
	raw, err := a.get(&got, organization(q.org)+"/members", v)
	if err != nil || q.json {
		return errors.Join(err, printAnswer(w, raw, err))
	}
	rows := [][]string{{"USERNAME", "NAME", "EMAIL", "ROLES", "SITE ROLES"}}
	for _, m := range got {
		rows = append(rows, []string{m.Username, m.Name, m.Email, cmp.Or(roleNames(m.Roles), "–"), roleNames(m.SiteRoles)})
	}
	table(w, rows...)
	return nil
}

// rolesPath is where the roles of an organization are, or those of the site.
func (q *query) rolesPath() string {
	if q.org == "" {
		return "/users/roles"
	}
	return organization(q.org) + "/members/roles"
}

// role is a role as the API shows it.
type role struct {
	roleName
	BuiltIn      bool         `json:"built_in"`
	Assignable   bool         `json:"assignable"`
	Site         []permission `json:"site_permissions"`
	Organization []permission `json:"organization_permissions"`
	User         []permission `json:"user_permissions"`
}

func (r *role) each(fn func(level string, p permission)) {
	for _, p := range r.Site {
		fn("site", p)
	}
	for _, p := range r.Organization {
		fn("organization", p)
	}
	for _, p := range r.User {
		fn("own things", p)
	}
}

func rolesListCommand() *command {
	var q query
	return &command{
		name:     "roles list",
		summary:  "List the roles of an organization, or of the site without --org",
		examples: []string{"rolecall roles list --org acme", "rolecall roles list --json"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				var got []role
				raw, err := a.get(&got, q.rolesPath(), nil)
				if err != nil || q.json {
					return errors.Join(err, printAnswer(t.out, raw, err))
				}
				rows := [][]string{{"NAME", "DISPLAY NAME", "KIND", "ALLOWS", "DENIES"}}
				for _, r := range got {
					kind, allows, denies := "custom", 0, 0
					if r.BuiltIn {
						kind = "built-in"
					}
					r.each(func(_ string, p permission) {
						if p.Negate {
							denies++
						} else {
							allows++
						}
					})
					rows = append(rows, []string{r.Name, r.DisplayName, kind, strconv.Itoa(allows), strconv.Itoa(denies)})
				}
				table(t.out, rows...)
				return nil
			})
		},
	}
}

func rolesShowCommand() *command {
	var q query
	return &command{
		name: "roles show", operand: "ROLE",
		summary:  "Show what a role allows and denies",
		examples: []string{"rolecall roles show ci-runner --org acme", "rolecall roles show auditor"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				var r role
				raw, err := a.get(&r, q.rolesPath()+"/"+url.PathEscape(c.operand), nil)
				if err != nil || q.json {
					return errors.Join(err, printAnswer(t.out, raw, err))
				}
				fmt.Fprintf(t.out, "%s (%s)\n", cmp.Or(r.DisplayName, r.Name), r.Name)
				var rows [][]string
				r.each(func(level string, p permission) { rows = append(rows, []string{"  " + p.String(), level}) })
				table(t.out, rows...)
				return nil
			})
		},
	}
}

func rolesHistoryCommand() *command {
	var q query
	return &command{
		name: "roles history", operand: "ROLE",
		summary:  "List the versions of a custom role, newest first",
		examples: []string{"rolecall roles history ci-runner --org acme"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				var got []struct {
					Version   int
					CreatedAt time.Time `json:"created_at"`
					CreatedBy string    `json:"created_by"`
				}
				raw, err := a.get(&got, q.rolesPath()+"/"+url.PathEscape(c.operand)+"/history", nil)
				if err != nil || q.json {
					return errors.Join(err, printAnswer(t.out, raw, err))
				}
				rows := [][]string{{"VERSION", "SAVED", "BY"}}
				for _, v := range got {
					rows = append(rows, []string{strconv.Itoa(v.Version), v.CreatedAt.Format(time.RFC3339), v.CreatedBy})
				}
				table(t.out, rows...)
				return nil
			})
		},
	}
}

func rolesDiffCommand() *command {
	var q query
	var from, to int
	return &command{
		name: "roles diff", operand: "ROLE [OTHER]",
		summary: "Compare two roles, or two versions of one",
		about: "With one role and no version it is the version before beside the present one. Exit code 0: they say the same,\n" +
			"1: they differ.",
		examples: []string{
			"rolecall roles diff ci-runner auditor --org acme",
			"rolecall roles diff ci-runner --version 2 --with-version 5 --org acme",
		},
		settings: askSettings,
		flags: func(fs *flag.FlagSet) {
			q.flags("org?")(fs)
			fs.IntVar(&from, "version", 0, "`NUMBER` of the version on the left; 0 is as it is now")
			fs.IntVar(&to, "with-version", 0, "`NUMBER` of the version on the right; 0 is as it is now")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				v := url.Values{}
				if len(c.operands) > 1 {
					v.Set("with", c.operands[1])
				}
				for name, n := range map[string]int{"version": from, "with_version": to} {
					if n != 0 {
						v.Set(name, strconv.Itoa(n))
					}
				}
				return q.diff(a, t.out, c.operand, v)
			})
		},
	}
}

func (q *query) diff(a *api, w io.Writer, role string, v url.Values) error {
	var got struct {
		Differences []struct {
			Level        string
			ResourceType string `json:"resource_type"`
			Action       string
			From, To     string
		}
	}
	raw, err := a.get(&got, q.rolesPath()+"/"+url.PathEscape(role)+"/compare", v)
	if err != nil {
		return err
	}
	same := verdict(len(got.Differences) == 0)
	if q.json {
		return errors.Join(printJSON(w, raw), same)
	}
	if same == nil {
		fmt.Fprintln(w, "They say the same.")
		return nil
	}
	rows := [][]string{{"PERMISSION", "LEFT", "RIGHT"}}
	for _, d := range got.Differences {
		name := d.ResourceType + ":" + d.Action
		if d.Level != "organization" {
			name += " (" + d.Level + ")"
		}
		rows = append(rows, []string{name, strings.ReplaceAll(d.From, "_", " "), strings.ReplaceAll(d.To, "_", " ")})
	}
	table(w, rows...)
	return same
}

func lintCommand() *command {
	var q query
	return &command{
		name:     "lint",
		summary:  "Find roles and permissions that do nothing, or not what they seem to",
		about:    "Made for a check in CI: exit code 1 when anything was found.",
		examples: []string{"rolecall lint --org acme", "rolecall lint --org acme --json --url https://roles.example.com"},
		settings: askSettings,
		flags:    q.flags("org"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error { return q.lint(a, t.out) })
		},
	}
}

func (q *query) lint(a *api, w io.Writer) error {
	var got []struct {
		Rule, Username, Message, Fix string
		Role                         roleName
		Permission                   *permission
	}
	raw, err := a.get(&got, organization(q.org)+"/lint", nil)
	if err != nil {
		return err
	}
	clean := verdict(len(got) == 0)
	if q.json {
		return errors.Join(printJSON(w, raw), clean)
	}
	if clean == nil {
		fmt.Fprintln(w, "Nothing found.")
		return nil
	}
	rows := [][]string{{"RULE", "WHERE", "WHAT", "FIX"}}
	for _, f := range got {
		where := f.Role.Name
		if f.Permission != nil {
			where += " " + f.Permission.ResourceType + ":" + f.Permission.Action
		}
		rows = append(rows, []string{f.Rule, strings.TrimSpace(where + " " + f.Username), f.Message, f.Fix})
	}
	table(w, rows...)
	return clean
}

func auditListCommand() *command {
	var q query
	var search string
	var before int
	return &command{
		name:    "audit list",
		summary: "List what was changed, by whom, and what was refused; newest first",
		about: "Terms of --q: username, action, resource_type, resource_target, date_from, date_to, request_id, each as\n" +
			"term:value; a bare word is looked for in targets and actors.",
		examples: []string{
			"rolecall audit list --org acme --q 'username:grace date_from:2026-11-01'",
			"rolecall audit list --limit 1000 --json",
		},
		settings: askSettings,
		flags: func(fs *flag.FlagSet) {
			q.flags("org?")(fs)
			fs.IntVar(&q.limit, "limit", 50, "`NUMBER` of entries at most, up to 1000")
			fs.IntVar(&before, "before", 0, "`NUMBER` (seq) of an entry: list what is older")
			fs.StringVar(&search, "q", "", "`QUERY` in the language of the audit page")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				v := url.Values{"limit": {strconv.Itoa(q.limit)}}
				for name, value := range map[string]string{"q": search, "organization": q.org} {
					if value != "" {
						v.Set(name, value)
					}
				}
				if before > 0 {
					v.Set("before", strconv.Itoa(before))
				}
				return q.audit(a, t.out, v)
			})
		},
	}
}

func (q *query) audit(a *api, w io.Writer, v url.Values) error {
	var got struct {
		Entries []struct {
			Seq         int
			Time        time.Time
			Description string
			Target      string `json:"resource_target"`
			Status      int    `json:"status_code"`
			User        *struct{ Username string }
			Diff        map[string]struct{ Old, New any }
		} `json:"audit_logs"`
	}
	raw, err := a.get(&got, "/audit", v)
	if err != nil || q.json {
		return errors.Join(err, printAnswer(w, raw, err))
	}
	rows := [][]string{{"SEQ", "TIME", "WHAT", "STATUS", "FIELDS"}}
	for _, e := range got.Entries {
		actor := "operator"
		if e.User != nil {
			actor = e.User.Username
		}
		var fields []string
		for name := range e.Diff {
			fields = append(fields, name)
		}
		slices.Sort(fields)
		what := strings.NewReplacer("{user}", actor, "{target}", e.Target).Replace(e.Description)
		rows = append(rows, []string{strconv.Itoa(e.Seq), e.Time.Format(time.RFC3339), what, strconv.Itoa(e.Status), strings.Join(fields, " ")})
	}
	table(w, rows...)
	return nil
}

func auditVerifyCommand() *command {
	var q query
	return &command{
		name:    "audit verify",
		summary: "Check that nobody edited, removed or inserted an entry of the audit trail",
		about: "Each entry carries a hash of itself and of the one before it. This reads the file, since who can change a trail\n" +
			"could make a server say anything. Exit code 1: the trail is broken.",
		examples: []string{"rolecall audit verify --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		flags:    q.flags(),
		run: func(ctx context.Context, t *terminal, c *config) error {
			c.tampered = true // which the trail may tell of
			return operate(ctx, c, func(ctx context.Context, service *org.Service, _ *org.Subject) error {
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
