package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// kinds are the nouns of what completions completes.
var kinds = map[string]string{"ORG": "organization", "USER": "user", "ROLE": "role"}

// suggest adds to a "not found" error which name in the call is meant, and what it may have been. An answer alone says
// neither: what does not exist and what may not be seen look the same.
func (c *command) suggest(ctx context.Context, cfg *config, fs *pflag.FlagSet, operands []string, err error) error {
	status := client.StatusOf(err)
	if status != http.StatusNotFound && status != http.StatusBadRequest || !slices.Contains(c.settings, "url") {
		return err
	}
	// The same names as for completion.
	organization, _ := fs.GetString("org")
	found := ""
	// Only after a failure, so that a correct call costs nothing more.
	asked := asking(ctx, cfg, func(api *client.Client) error {
		for _, n := range c.namesIn(fs, operands) {
			known, lookup := completions[n.kind](ctx, api, organization, firstLetter(n.value))
			if lookup != nil || slices.Contains(known, n.value) {
				continue
			}
			hint := didYouMean(n.value, known, "")
			switch {
			case status == http.StatusNotFound && (hint != "" || n.kind != "USER"): // of users only some are known
				found = fmt.Sprintf("there is no %s %q that you may see%s", kinds[n.kind], n.value, hint)
			case strings.Contains(err.Error(), n.value) && hint != "":
				found = err.Error() + hint
			default:
				continue
			}
			return nil
		}
		return nil
	})
	// The first error counts: one from the search would hide what went wrong.
	if asked != nil || found == "" {
		return err
	}
	return usageError(found)
}

// named is a name in a call, of something that can be looked up.
type named struct{ kind, value string }

// namesIn returns the names in flags and operands, organizations first, because the others are looked up there.
func (c *command) namesIn(fs *pflag.FlagSet, operands []string) (names []named) {
	add := func(kind, value string) {
		kind = strings.Trim(kind, "[]…,.")
		for part := range strings.SplitSeq(value, ",") {
			// Ids are copied, not typed, and these two words always mean something.
			_, isID := uuid.Parse(part)
			if completions[kind] != nil && part != "" && part != "default" && part != "me" && isID != nil {
				names = append(names, named{kind, part})
			}
		}
	}
	fs.Visit(func(f *pflag.Flag) {
		kind, _ := pflag.UnquoteUsage(f)
		add(kind, f.Value.String())
	})
	wanted := strings.Fields(c.operand)
	for i, operand := range operands {
		add(wanted[min(i, len(wanted)-1)], operand)
	}
	slices.SortStableFunc(names, func(a, b named) int { return strings.Compare(a.kind, b.kind) })
	return names
}

// firstLetter returns what to search lists for: more of a misspelled name would find less.
func firstLetter(name string) string {
	for i := range name {
		if i > 0 {
			return name[:i]
		}
	}
	return name
}
