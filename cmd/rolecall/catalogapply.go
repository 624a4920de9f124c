package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// catalogChange holds the flags of `catalog apply` and `catalog rollback`. Unlike other changes it asks no question:
// whatever takes something away must be named in the call, with --retire and --max-losing, so that a pipeline can do it
// and a typing error cannot.
type catalogChange struct {
	retire  []string
	replace bool
	note    string
	losing  int
	dryRun  bool
}

func (ch *catalogChange) flags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&ch.retire, "retire", nil, "`WHAT` to remove although it is in use, as the plan names it: invoice:pay, *:pay, role:NAME; may be repeated")
	fs.StringVar(&ch.note, "note", "", "`TEXT` for the list of versions")
	// 0 is a useful limit: no one may lose anything.
	fs.IntVar(&ch.losing, "max-losing", -1, "change nothing if more than this `NUMBER` of people would lose something; -1 for no limit")
	fs.BoolVar(&ch.dryRun, "dry-run", false, "change nothing, and print the plan")
}

func catalogApplyCommand() *command {
	var ch catalogChange
	return &command{
		name: "catalog apply", operand: "FILE",
		summary: "Put another catalog in force",
		about: "FILE is YAML or JSON; - is standard input. Makes the plan that catalog diff shows, and applies exactly that: if someone\n" +
			"else changes the catalog in between, nothing is applied. Whatever is in use is only removed with --retire.\n\n" +
			"Exit code 1: something in use would be removed, or more people than --max-losing would lose something, and nothing was\n" +
			"changed; with --dry-run also: something would change.",
		examples: []string{
			"rolecall catalog apply expenses.yaml --note 'Delete is Archive now'",
			"rolecall catalog apply expenses.yaml --retire invoice:pay --max-losing 20",
			"rolecall catalog apply - --dry-run --url https://roles.example.com < expenses.yaml",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			ch.flags(fs)
			fs.BoolVar(&ch.replace, "replace", false, "allow replacing another product's catalog")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			// Read and checked here, so mistakes have the lines of the file and no server is asked. The text is sent
			// unchanged, since the server keeps it as the source.
			_, data, err := t.readCatalogText(c.operand)
			if err != nil {
				return err
			}
			file := client.CatalogFile{Data: data, Retire: ch.retire, Replace: ch.replace, Note: ch.note}
			return asking(ctx, c, func(api *client.Client) error {
				plan, err := api.PreviewCatalog(ctx, file)
				if err != nil {
					return err
				}
				return ch.carryOut(t, &plan, func(opt client.Option) (client.CatalogApplied, error) { return api.PutCatalog(ctx, file, opt) })
			})
		},
	}
}

// catalogRollbackCommand makes a new version instead of removing the later ones: roles that were saved under those must
// keep their meaning, and the trail its order.
func catalogRollbackCommand() *command {
	var ch catalogChange
	return &command{
		name: "catalog rollback", operand: "VERSION",
		summary: "Put an earlier version of the catalog in force again",
		about: "Stores a new version with the content of the earlier one. Roles that have not been saved since read exactly as they did.\n" +
			"catalog versions lists the versions. Exit codes are those of catalog apply.",
		examples: []string{"rolecall catalog rollback 7 --dry-run", "rolecall catalog rollback 7 --note 'Too early'"},
		settings: askSettings,
		flags:    ch.flags,
		run: func(ctx context.Context, t *terminal, c *config) error {
			version, err := versionNumber(c.operand)
			if err != nil {
				return err
			}
			back := client.CatalogRollback{Version: version, Retire: ch.retire, Note: ch.note}
			return asking(ctx, c, func(api *client.Client) error {
				plan, err := api.PreviewRollbackCatalog(ctx, back)
				if err != nil {
					return err
				}
				return ch.carryOut(t, &plan, func(opt client.Option) (client.CatalogApplied, error) { return api.RollbackCatalog(ctx, back, opt) })
			})
		},
	}
}

// carryOut applies a plan if the version that it is based on is still in force. If the flags do not allow everything
// that the plan removes, nothing is applied and the plan is printed. A dry run returns the same refusal.
func (ch *catalogChange) carryOut(t *terminal, plan *client.CatalogPlan, apply func(client.Option) (client.CatalogApplied, error)) error {
	if refusal := ch.refusal(plan); refusal != "" {
		// The plan is printed to standard output, so that readers of the refusal see what to name.
		if err := t.print(planReport(t, plan)); err != nil {
			return err
		}
		fmt.Fprintf(t.err, "Nothing was changed: %s.\n", refusal)
		return errNo
	}
	if ch.dryRun {
		return t.verdict(len(plan.Changes) == 0, planReport(t, plan))
	}
	// The number of the version is the tag of the catalog.
	done, err := apply(client.IfMatch(`"` + strconv.FormatInt(plan.From, 10) + `"`))
	if err != nil {
		return err
	}
	number := strconv.FormatInt(done.Version, 10)
	r := report{value: done, rows: [][]string{{number}}, names: []string{number}}
	if r.text = sentence("Version %d is in force now. %s", done.Version, peopleSentence(plan.People)); done.Unchanged {
		r.text = sentence("Nothing was changed: it is version %d, which is in force.", done.Version)
	}
	return t.print(r)
}

// refusal returns why a plan is not carried out, "" if it is. It names everything that would be removed at once:
// otherwise each would cost another call.
func (ch *catalogChange) refusal(plan *client.CatalogPlan) string {
	var kept []string
	for _, u := range plan.InUse {
		if !u.Retire {
			kept = append(kept, u.What)
		}
	}
	switch {
	case kept != nil:
		return "this is in use and would go: " + strings.Join(kept, ", ") + "; name it with --retire"
	case ch.losing >= 0 && plan.People.Losing > int64(ch.losing):
		return fmt.Sprintf("%s would lose something, and --max-losing allows %s", counted(int(plan.People.Losing), "person", "people"), thousands(ch.losing))
	}
	return ""
}
