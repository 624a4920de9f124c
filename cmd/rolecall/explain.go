package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// query is what the commands that ask are told by flags.
type query struct {
	org, owner, as string
	limit          int
	all, json      bool
}

func (q *query) flags(names ...string) func(*flag.FlagSet) {
	return func(fs *flag.FlagSet) {
		for _, name := range names {
			switch name {
			case "org":
				fs.StringVar(&q.org, "org", "default", "`ORG` to ask in, by id or name")
			case "org?":
				fs.StringVar(&q.org, "org", "", "`ORG` to ask in, by id or name; without it, the whole site")
			case "owner":
				fs.StringVar(&q.owner, "owner", "", "`OWNER` of the thing: me for things of one's own; without it, anybody's")
			case "as":
				fs.StringVar(&q.as, "as", "", "`USER` to ask about instead; needs --org")
			case "limit":
				fs.IntVar(&q.limit, "limit", 0, "`NUMBER` of lines at most; 0 is all")
			case "all":
				fs.BoolVar(&q.all, "all", false, "list what is not allowed too")
			}
		}
		fs.BoolVar(&q.json, "json", false, "print the API's answer as it is")
	}
}

// question is the parameters of a question about a permission.
func (q *query) question(action, resourceType string) url.Values {
	v := url.Values{"action": {action}, "resource_type": {resourceType}}
	if q.owner != "" {
		v.Set("owner", q.owner)
	}
	if q.limit > 0 {
		v.Set("limit", strconv.Itoa(q.limit))
	}
	return v
}

// The parts of the API's answers that these commands print.
type (
	roleName struct {
		Name        string `json:"name"`
		DisplayName string `json:"display_name"`
	}
	permission struct {
		Negate       bool   `json:"negate"`
		ResourceType string `json:"resource_type"`
		Action       string `json:"action"`
	}
	explanation struct {
		Allowed bool
		Verdict string
		Because string
		Levels  []struct {
			Level   string
			Decides bool
			Note    string
			Matches []struct {
				Role       roleName
				Permission permission
				Overruled  bool
			}
		}
		Changes []struct {
			Text, Blast, Refusal string
		}
	}
)

func (p permission) String() string {
	text := p.ResourceType + ":" + p.Action
	if p.Negate {
		return "deny  " + text
	}
	return "allow " + text
}

func roleNames(roles []roleName) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	return strings.Join(names, " ")
}

// verdict turns "no" into the exit code.
func verdict(yes bool) error {
	if yes {
		return nil
	}
	return errNo
}

func canICommand() *command {
	var q query
	return &command{
		name: "can-i", operand: "ACTION TYPE",
		summary: "Ask whether you may do something: yes or no, and why",
		about: "You are the owner of the token at a server, and at the file the operator, who may do everything: ask for\n" +
			"somebody else with --as. Exit code 0 is yes, 1 is no.",
		examples: []string{
			"rolecall can-i create workspace --org acme --url https://roles.example.com",
			"rolecall can-i delete template --org acme --as grace",
			"rolecall can-i update organization_member --org acme && echo allowed",
		},
		settings: askSettings,
		flags:    q.flags("org?", "owner", "as"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error { return q.canI(a, t, c.operands[0], c.operands[1]) })
		},
	}
}

// canI asks one check and its explanation.
func (q *query) canI(a *api, t *terminal, action, resourceType string) error {
	object := map[string]any{"resource_type": resourceType}
	if q.org != "" {
		var o struct{ ID string }
		if _, err := a.get(&o, organization(q.org), nil); err != nil {
			return err
		}
		object["organization_id"] = o.ID
	} else if q.as != "" {
		return usageError("--as needs --org")
	}
	if q.owner != "" {
		object["owner_id"] = q.owner
	}
	body := map[string]any{"checks": map[string]any{"answer": map[string]any{"action": action, "object": object}}}
	if q.as != "" {
		body["user"] = q.as
	}
	path := "/authcheck"
	if q.as != "" || a.token != "" { // the operator is nobody whose roles could be explained
		path += "?explain=1"
	}
	var got struct {
		Answer       bool
		Explanations map[string]explanation
	}
	raw, err := a.do(&got, "POST", path, body)
	if err != nil {
		return err
	}
	if q.json {
		return errors.Join(printJSON(t.out, raw), verdict(got.Answer))
	}
	e, explained := got.Explanations["answer"]
	switch {
	case explained:
		fmt.Fprintf(t.out, "%s\n%s\n", e.Verdict, e.Because)
	case got.Answer:
		fmt.Fprintln(t.out, "Yes. The operator is obeyed as an owner is.")
	default:
		fmt.Fprintln(t.out, "No. There is no such permission.")
	}
	return verdict(got.Answer)
}

func explainCommand() *command {
	var q query
	return &command{
		name: "explain", operand: "USER ACTION TYPE",
		summary: "Tell why a member may or may not do something, and what would change it",
		about: "Every rule that speaks about it is shown with its role, level by level: which one decides, and which do not\n" +
			"count. Then the single changes after which the answer is the other one, the smallest first. Exit code 1 is no.",
		examples: []string{
			"rolecall explain grace delete template --org acme",
			"rolecall explain grace ssh workspace --org acme --owner me --json",
		},
		settings: askSettings,
		flags:    q.flags("org", "owner"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				v := q.question(c.operands[1], c.operands[2])
				v.Set("explain", "1")
				var got struct{ Explanation explanation }
				raw, err := a.get(&got, organization(q.org)+"/members/"+url.PathEscape(c.operands[0]), v)
				if err != nil {
					return err
				}
				if q.json {
					return errors.Join(printJSON(t.out, raw), verdict(got.Explanation.Allowed))
				}
				got.Explanation.print(t.out)
				return verdict(got.Explanation.Allowed)
			})
		},
	}
}

func (e *explanation) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n%s\n\n", e.Verdict, e.Because)
	var rows [][]string
	for _, l := range e.Levels {
		if l.Note != "" {
			rows = append(rows, []string{l.Level, l.Note})
		}
		for _, m := range l.Matches {
			counts := "decides"
			if m.Overruled {
				counts = "does not count"
			}
			rows = append(rows, []string{l.Level, m.Permission.String(), "by " + cmp.Or(m.Role.DisplayName, m.Role.Name), counts})
		}
	}
	table(w, rows...)
	if len(e.Changes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat would change this, one change each:")
	rows = nil
	for _, s := range e.Changes {
		refusal := s.Refusal
		if refusal != "" {
			refusal = "not by you: " + refusal
		}
		rows = append(rows, []string{"  " + s.Text, s.Blast, refusal})
	}
	table(w, rows...)
}

// able is somebody who may do what was asked.
type able struct {
	Username, Status, Level string
	AllowedBy               []roleName `json:"allowed_by"`
}

// whoCan is the answer to who may do something.
type whoCan struct {
	Action                  string
	ResourceType            string `json:"resource_type"`
	Count, Total, Suspended int
	Members                 []able
	Outside                 *struct {
		Count int
		Users []able
	}
}

func whoCanCommand() *command {
	var q query
	return &command{
		name: "who-can", operand: "ACTION TYPE",
		summary: "List everybody who may do something in an organization, and by which roles",
		about: "The members come first, then up to 100 accounts outside the organization, if you may read the accounts of the\n" +
			"site. Suspended accounts may nothing. Exit code 1: no one may.",
		examples: []string{
			"rolecall who-can delete template --org acme",
			"rolecall who-can assign assign_org_role --org acme --json --url https://roles.example.com",
		},
		settings: askSettings,
		flags:    q.flags("org", "owner", "limit"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				var got whoCan
				raw, err := a.get(&got, organization(q.org)+"/who-can", q.question(c.operands[0], c.operands[1]))
				if err != nil {
					return err
				}
				someone := got.Count > 0 || got.Outside != nil && got.Outside.Count > 0
				if q.json {
					return errors.Join(printJSON(t.out, raw), verdict(someone))
				}
				got.print(t.out)
				return verdict(someone)
			})
		},
	}
}

func (g *whoCan) print(w io.Writer) {
	people := func(list []able) {
		rows := [][]string{{"USERNAME", "STATUS", "LEVEL", "ALLOWED BY"}}
		for _, m := range list {
			rows = append(rows, []string{m.Username, m.Status, m.Level, roleNames(m.AllowedBy)})
		}
		if len(list) > 0 {
			table(w, rows...)
		}
	}
	people(g.Members)
	if g.Outside != nil && len(g.Outside.Users) > 0 {
		fmt.Fprintln(w, "\nOutside the organization:")
		people(g.Outside.Users)
		if more := g.Outside.Count - len(g.Outside.Users); more > 0 {
			fmt.Fprintf(w, "and %s more\n", thousands(more))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, g.sentence())
}

// sentence is the answer in one line.
func (g *whoCan) sentence() string {
	s := fmt.Sprintf("%s of %s can %s", thousands(g.Count), counted(g.Total, "member", "members"), doing(g.Action, g.ResourceType))
	if g.Suspended > 0 {
		s += fmt.Sprintf("; %s suspended", counted(g.Suspended, "more is", "more are"))
	}
	switch {
	case g.Outside == nil:
		s += "; who else can is for those to see who may read the accounts of the site"
	case g.Outside.Count > 0:
		s += fmt.Sprintf("; %s outside the organization can, by roles of the site", counted(g.Outside.Count, "person", "people"))
	}
	return s + "."
}

// doing is an action on things of a type as words: "start workspaces".
func doing(action, resourceType string) string {
	if strings.Contains(action, "_") {
		return resourceType + ":" + action
	}
	things := strings.ReplaceAll(resourceType, "_", " ")
	if !strings.HasSuffix(things, "s") {
		things += "s"
	}
	return action + " " + things
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands is a number as people read it: 1,293.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func permissionsCommand() *command {
	var q query
	return &command{
		name: "permissions", operand: "USER",
		summary:  "List everything that a member may do, and where it comes from",
		examples: []string{"rolecall permissions grace --org acme", "rolecall permissions grace --org acme --all"},
		settings: askSettings,
		flags:    q.flags("org", "all"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(a *api) error {
				var got []struct {
					ResourceType    string `json:"resource_type"`
					Action          string
					Allowed, Denied bool
					AllowedOwn      bool `json:"allowed_own"`
					Implied         bool
					Roles           []roleName
				}
				raw, err := a.get(&got, organization(q.org)+"/members/"+url.PathEscape(c.operands[0])+"/permissions", nil)
				if err != nil || q.json {
					return errors.Join(err, printAnswer(t.out, raw, err))
				}
				rows := [][]string{{"PERMISSION", "ANSWER", "BECAUSE OF"}}
				for _, l := range got {
					answer := "not set"
					switch {
					case l.Allowed:
						answer = "yes"
					case l.AllowedOwn:
						answer = "own things"
					case l.Denied:
						answer = "denied"
					}
					from := roleNames(l.Roles)
					if l.Implied {
						from = "every member has it"
					}
					if l.Allowed || l.AllowedOwn || l.Denied || q.all {
						rows = append(rows, []string{l.ResourceType + ":" + l.Action, answer, from})
					}
				}
				table(t.out, rows...)
				return nil
			})
		},
	}
}

// printAnswer prints what the API answered, unless it failed.
func printAnswer(w io.Writer, raw json.RawMessage, err error) error {
	if err != nil {
		return nil
	}
	return printJSON(w, raw)
}
