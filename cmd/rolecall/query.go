package main

import (
	"cmp"
	"flag"
	"io"
	"strconv"
	"strings"

	"rolecall.example/client"
)

// query holds the flags that several of the commands that ask share.
type query struct {
	org, owner, as string
	limit          int
	all, json      bool
}

// flags registers the named flags, and --json. "org?" is an --org that may be left out.
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
		fs.BoolVar(&q.json, "json", false, "print JSON, as the API answers it")
	}
}

// organization names the organization to ask in; an empty --org means the default one.
func (q *query) organization() string { return cmp.Or(q.org, "default") }

// scope is the organization whose roles are meant, or the site.
func (q *query) scope() client.Scope {
	if q.org == "" {
		return client.Site()
	}
	return client.In(q.org)
}

// question is what the operands ACTION and TYPE ask.
func (q *query) question(operands []string) client.Question {
	return client.Question{Action: operands[0], ResourceType: operands[1], Owner: q.owner}
}

// printed prints v as JSON, unless there is an error to be returned.
func printed(w io.Writer, v any, err error) error {
	if err != nil {
		return err
	}
	return printJSON(w, v)
}

// verdict turns "no" into the exit code.
func verdict(yes bool) error {
	if yes {
		return nil
	}
	return errNo
}

// permissionText is a permission for people: "deny  template:delete".
func permissionText(p client.Permission) string {
	if p.Negate {
		return "deny  " + p.ResourceType + ":" + p.Action
	}
	return "allow " + p.ResourceType + ":" + p.Action
}

// roleNames are the names of roles with spaces between them.
func roleNames(roles []client.RoleRef) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	return strings.Join(names, " ")
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number as people read it: 1,293.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
