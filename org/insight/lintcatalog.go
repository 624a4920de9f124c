package insight

import (
	"context"
	"fmt"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Findings about what changes of the catalog left behind, or announce.

// dead reports what the role was once given that means nothing any more, which version of the catalog took that away, and
// whether something else has the name now.
func (l *linter) dead(ctx context.Context, ref org.RoleRef, r *unit.SetRole) error {
	for _, d := range r.Dead {
		f, mark := org.LintFinding{Rule: org.LintUnknown, Role: ref, Permission: d.Permission, Message: "This permission no longer exists and has no effect.", Fix: "Remove it."}, ""
		version, err := l.RemovedIn(ctx, r.WrittenIn, d.Permission)
		if err != nil {
			return err
		}
		if version > 0 {
			f.Message = fmt.Sprintf("This permission was removed in version %d of the catalog; it does nothing.", version)
		}
		if d.Hidden {
			f.Message += " Another one has its name now, which this role was not given."
			f.Fix = "Save the role again, with the new one if it is wanted."
			mark = "hidden"
		}
		l.add(f, mark)
	}
	return nil
}

// gone reports built-in roles that no longer exist but that people still hold.
func (l *linter) gone() {
	for _, name := range l.Catalog().Document().RetiredRoles {
		if n := l.holders[name]; n > 0 {
			who := "people have"
			if n == 1 {
				who = "person has"
			}
			l.add(org.LintFinding{Rule: org.LintUnknown, Role: org.RoleRef{Name: name, OrganizationID: l.home.Org.ID, BuiltIn: true}, People: n,
				Message: fmt.Sprintf("%d %s a role that is gone; it gives nothing.", n, who), Fix: "Save their roles again, which drops it."}, "")
		}
	}
}

// deprecated reports a permission that is being phased out, and what its type has instead.
func (l *linter) deprecated(ref org.RoleRef, p rbac.Permission) {
	use, note, ok := l.Catalog().Deprecated(p)
	if !ok {
		return
	}
	f := org.LintFinding{Rule: org.LintDeprecated, Role: ref, Permission: p, Message: "This permission is deprecated.", Fix: "Remove it before it goes away."}
	if note != "" {
		f.Message += " " + note
	}
	if use != "" {
		f.Fix = fmt.Sprintf("Use %s (%s) instead.", l.Catalog().ActionLabel(use), rbac.Permission{ResourceType: p.ResourceType, Action: use})
	}
	l.add(f, "")
}
