package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
)

// catalogDiff holds the flags of `catalog diff`.
type catalogDiff struct {
	people, standard, replace bool
}

// catalogDiffCommand is the same request as catalog apply makes, as a dry run: what is shown here is what apply would
// do.
func catalogDiffCommand() *command {
	var d catalogDiff
	return &command{
		name: "catalog diff", operand: "[FILE] [VERSION]",
		summary: "Show what another catalog would change, and for whom",
		about: "With FILE, or - for standard input, it is the plan of catalog apply: what is renamed, removed and new, what in use would\n" +
			"be removed, which roles change, and who would gain and lose what. With two version numbers it compares those.\n\n" +
			"Exit code 1: they differ.",
		examples: []string{
			"rolecall catalog diff expenses.yaml", "rolecall catalog diff expenses.yaml --people --output csv",
			"rolecall catalog diff --default", "rolecall catalog diff 7 8",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.BoolVar(&d.people, "people", false, "list everyone who would gain or lose something, instead of the plan")
			fs.BoolVar(&d.standard, "default", false, "instead of FILE, the catalog that comes with this program")
			fs.BoolVar(&d.replace, "replace", false, "compare even with the catalog of another product")
		},
		run: func(ctx context.Context, t *terminal, c *config) error { return d.run(ctx, t, c) },
	}
}

// run only compares two versions that were both in force: whom it would affect depends on the current roles.
func (d *catalogDiff) run(ctx context.Context, t *terminal, c *config) error {
	from, to, err := d.versions(c.operands)
	if err != nil {
		return err
	}
	if to != 0 {
		return asking(ctx, c, func(api *client.Client) error {
			got, err := api.CompareCatalogs(ctx, from, to)
			if err != nil {
				return err
			}
			// The same table as for a plan. The JSON stays as the API answered it.
			plan := client.CatalogPlan{From: from, To: to, Changes: got.Changes}
			r := planReport(t, &plan)
			r.value = got
			return t.verdict(len(got.Changes) == 0, r)
		})
	}
	// The default catalog is compared as a file too, so the same code handles both.
	file := client.CatalogFile{Data: catalogfile.WriteYAML(rbac.Default().Document()), Replace: d.replace}
	if !d.standard {
		if _, file.Data, err = t.readCatalogText(c.operand); err != nil {
			return err
		}
	}
	return asking(ctx, c, func(api *client.Client) error {
		plan, err := api.PreviewCatalog(ctx, file)
		if err != nil {
			return err
		}
		if !d.people {
			return t.verdict(len(plan.Changes) == 0, planReport(t, &plan))
		}
		// Everyone, line by line: the plan only has samples, as it must fit on a page.
		r := report{value: []client.CatalogPerson{}, head: []string{"ORGANIZATION", "USERNAME", "GAINS", "LOSES"}, names: []string{}}
		people := []client.CatalogPerson{}
		for p, err := range api.EachCatalogPerson(ctx, file) {
			if err != nil {
				return err
			}
			people = append(people, p)
			r.rows = append(r.rows, []string{p.Organization, p.Username, strings.Join(p.Gains, " "), strings.Join(p.Losses, " ")})
			r.names = append(r.names, p.Username)
		}
		r.value = people
		// By the changes, not by the people: a catalog that affects no one yet still differs.
		return t.verdict(len(plan.Changes) == 0, r)
	})
}

// versions returns those of `diff 7 8`; 0 and 0 if another catalog is compared with the one in force.
func (d *catalogDiff) versions(operands []string) (from, to int64, err error) {
	switch {
	case d.standard && len(operands) > 0:
		return 0, 0, usageError("--default takes the place of " + operands[0])
	case d.standard || len(operands) == 1:
		return 0, 0, nil
	case len(operands) == 0:
		return 0, 0, usageError("FILE is needed, --default, or the numbers of two versions; see rolecall help catalog diff")
	case d.people || d.replace:
		return 0, 0, usageError("two versions that were both applied have no plan: leave out --people and --replace")
	}
	if from, err = versionNumber(operands[0]); err == nil {
		to, err = versionNumber(operands[1])
	}
	return from, to, err
}

// versionNumber reads the number of a version of the catalog.
func versionNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, usageError(fmt.Sprintf("%q is no number of a version; rolecall catalog versions lists them", text))
	}
	return n, nil
}
