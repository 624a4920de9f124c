package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// maxClaims is the maximum size of claims to try: more than any provider sends.
const maxClaims = 1 << 20

func syncTestCommand() *command {
	var in client.SyncTest
	var file, organization string
	return &command{
		name:    "sync test",
		summary: "Try the rules of a sign-in provider, without changing anything",
		about: "Prints what a sign-in with these claims would give and remove, and what the rules would do to everyone by their last\n" +
			"claims. --user makes it a sign-in of that account; without --claims, with the claims of its last one. --org limits it to\n" +
			"that organization and its members, which takes no permission on the site. On a database, --oidc-config provides the\n" +
			"settings of the provider, such as its separator; without it, claims are taken as they are.",
		examples: []string{"rolecall sync test --provider okta --claims claims.json", "rolecall sync test --provider okta --user ada --json"},
		settings: append(slices.Clone(askSettings), "oidc-config", "oidc-issuer-url"),
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&organization, "org", "", "`ORGANIZATION` that is asked about, id or name; without it, everything")
			fs.StringVar(&in.Provider, "provider", "", "`ID` of the sign-in provider in the settings; without it, the first")
			fs.StringVar(&file, "claims", "", "`FILE` with the claims, a JSON object; - is standard input")
			fs.StringVar(&in.User, "user", "", "`USER` who signs in")
		},
		run: func(ctx context.Context, t *terminal, c *config) (err error) {
			if file == "" && in.User == "" {
				return usageError("--claims or --user is needed; see rolecall help sync test")
			}
			if file != "" {
				if in.Claims, err = readClaims(t, file); err != nil {
					return err
				}
			}
			return asking(ctx, c, func(api *client.Client) error {
				f, err := testSync(ctx, api, organization, in)
				if err != nil {
					return err
				}
				return t.print(syncReport(&f))
			})
		},
	}
}

// testSync asks about everything, or about one organization.
func testSync(ctx context.Context, api *client.Client, organization string, in client.SyncTest) (client.SyncForecast, error) {
	// Two routes, since people who manage an organization have no permission on the site, and need none for this.
	if organization == "" {
		return api.TestSync(ctx, in)
	}
	return api.TestOrganizationSync(ctx, organization, client.OrganizationSyncTest{Provider: in.Provider, Claims: in.Claims, User: in.User})
}

// readClaims reads claims as a provider sends them.
func readClaims(t *terminal, file string) (claims map[string]any, err error) {
	from := t.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usageError("--claims: " + err.Error())
		}
		defer f.Close()
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, maxClaims+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxClaims {
		return nil, usageError(fmt.Sprintf("--claims: %s is larger than %d bytes", file, maxClaims))
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil || claims == nil || d.More() {
		return nil, usageError(fmt.Sprintf("--claims: %s is no JSON object", file))
	}
	return claims, nil
}

// syncReport shows what a sign-in would do, with a line for each thing that the provider gives or gave.
func syncReport(f *client.SyncForecast) report {
	r := report{value: f, head: []string{"CHANGE", "WHERE", "WHAT", "RULE"}}
	for _, p := range f.Organizations {
		where := p.Name
		if where == "" {
			where = p.ID.String()
		}
		r.rows = append(r.rows, []string{p.Change, where, "membership", p.Rule})
	}
	names := map[string]string{}
	for _, p := range f.Organizations {
		names[p.ID.String()] = p.Name
	}
	for _, l := range f.Roles {
		where := l.OrganizationID.String()
		if names[where] != "" {
			where = names[where]
		}
		r.rows = append(r.rows, []string{l.Change, where, l.Role, l.Rule})
	}
	for _, l := range f.SiteRoles {
		r.rows = append(r.rows, []string{l.Change, "site", l.Role, l.Rule})
	}
	rows := r.rows
	r.text = func(w io.Writer) {
		if len(rows) == 0 {
			fmt.Fprintln(w, "Nothing changes, and the provider gives nothing.")
		} else {
			table(w, append([][]string{r.head}, rows...)...)
		}
		for _, claim := range slices.Sorted(maps.Keys(f.States)) {
			if state := f.States[claim]; state != "values" {
				fmt.Fprintf(w, "%s is %s.\n", claim, state)
			}
		}
		for _, h := range f.Held {
			fmt.Fprintf(w, "%s stays: %s.\n", h.Role, map[string]string{
				"last-owner": "no one else could administer the site", "last-admin": "no one else could administer the organization",
				"held": "too many people would lose something",
			}[h.Why])
		}
		if len(f.Unmatched) > 0 {
			fmt.Fprintf(w, "No rule knows: %s.\n", strings.Join(f.Unmatched, ", "))
		}
		if f.Impact != nil {
			printImpact(w, f.Impact)
		}
	}
	return r
}

// printImpact shows what the rules would do to everyone.
func printImpact(w io.Writer, i *client.SyncImpact) {
	most := ""
	if !i.Complete {
		most = " of those who were looked at"
	}
	fmt.Fprintf(w, "By their last claims, %s%s would gain or lose something.\n", counted(i.People, "person", "people"), most)
	for _, list := range []struct {
		word  string
		lines []client.SyncImpactLine
	}{{"gain", i.Gains}, {"lose", i.Losses}} {
		for _, l := range list.lines {
			where := l.Organization
			if where == "" {
				where = "the site"
			}
			if l.OrganizationID != nil && l.Organization == "" {
				where = l.OrganizationID.String()
			}
			fmt.Fprintf(w, "  %s %s: %s in %s\n", counted(l.People, "person", "people"), list.word, l.Role, where)
		}
	}
}
