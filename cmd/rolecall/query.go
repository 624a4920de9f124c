package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// query holds the flags that several commands share. There is one table of flags, because a flag must have the same
// meaning, letter and help in every command.
type query struct {
	org, owner, as string
	limit          int
	all            bool

	// Of commands that write.
	yes, dryRun   bool
	ifMatch, file string
}

// flags registers the named flags. "org?" is an --org that may be left out.
func (q *query) flags(names ...string) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		for _, name := range names {
			switch name {
			// The default is the organization that every database has; many have no other.
			case "org":
				fs.StringVarP(&q.org, "org", "O", "default", "`ORG` that it is about, by id or name")
			case "org?":
				fs.StringVarP(&q.org, "org", "O", "", "`ORG`, by id or name; without it, the whole site")
			case "owner":
				fs.StringVar(&q.owner, "owner", "", "`OWNER` of the object: me for the user's own; without it, any owner")
			case "as":
				fs.StringVar(&q.as, "as", "", "`USER` to ask about; needs --org")
			case "limit":
				fs.VarP(&bounded{&q.limit, 0, 1_000_000_000}, "limit", "L", "`NUMBER` of lines at most; 0 for all")
			case "all":
				fs.BoolVar(&q.all, "all", false, "also list what is not allowed")
			// It belongs in the call, not in a variable: something that is set once cannot answer each question.
			case "yes":
				fs.BoolVarP(&q.yes, "yes", "y", false, "do not ask for confirmation; required if no one can be asked")
			case "dry-run":
				fs.BoolVar(&q.dryRun, "dry-run", false, "change nothing, and print who would be affected")
			case "if-match":
				fs.StringVar(&q.ifMatch, "if-match", "", "change it only if `VERSION`, an ETag of the API, is still the stored one")
			case "file":
				fs.StringVarP(&q.file, "file", "f", "", "`FILE` with more names, one a line; - for standard input")
			}
		}
	}
}

// organization returns the organization of --org, or the default one if that is empty.
func (q *query) organization() string { return cmp.Or(q.org, "default") }

// scope returns the organization of --org, or the site without it.
func (q *query) scope() client.Scope {
	if q.org == "" {
		return client.Site()
	}
	return client.In(q.org)
}

// question returns the question of the operands ACTION and TYPE.
func (q *query) question(operands []string) client.Question {
	return client.Question{Action: operands[0], ResourceType: operands[1], Owner: q.owner}
}

// verdict prints the answer to a question, and turns "no" into the exit code. If the answer cannot be printed, that is
// the error, and the script gets no verdict.
func (t *terminal) verdict(yes bool, r report) error {
	if r.names == nil {
		r.names = silent
	}
	if err := t.print(r); err != nil || yes {
		return err
	}
	return errNo
}

// permissionText writes a permission with its sign in front: "deny  user:delete".
func permissionText(p client.Permission) string {
	if p.Negate {
		return "deny  " + p.ResourceType + ":" + p.Action
	}
	return "allow " + p.ResourceType + ":" + p.Action
}

// roleNames returns the names of roles, separated by spaces.
func roleNames(roles []client.RoleRef) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	return strings.Join(names, " ")
}

// counted returns a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number with separators: 1,293.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
