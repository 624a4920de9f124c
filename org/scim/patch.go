package scim

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// Patch changes a resource (RFC 7644, 3.5.2), completely or not at all.
type Patch struct {
	of         Type
	operations []operation
}

// operation is one step. An operation sent without a path is split into one for each attribute.
type operation struct {
	number int    // as it was sent, from 1
	op     string // add, replace or remove
	path   Path
	value  any
	given  bool // there was a value, and not null
}

// maxOperations is how many operations a request may have, counting each attribute of one without a path. Each may walk all
// members of a group, so without a limit a one-megabyte body could keep the server busy for minutes.
const maxOperations = 1000

// ParsePatch reads the body of a PATCH.
func ParsePatch(d Document, t Type) (*Patch, error) {
	if v, ok := d.Get("schemas"); ok && !slices.ContainsFunc(list(v), isText(messagePatch)) {
		return nil, Refuse(InvalidSyntax, "schemas must have "+messagePatch+".")
	}
	v, _ := d.Get("Operations")
	all, ok := v.([]any)
	if !ok || len(all) == 0 {
		return nil, Refuse(InvalidSyntax, "Operations must be a list of operations.")
	}
	p := &Patch{of: t}
	for i, e := range all {
		o, ok := e.(map[string]any)
		if !ok {
			return nil, Refuse(InvalidSyntax, fmt.Sprintf("Operation %d must be an object.", i+1))
		}
		if err := p.read(o, i+1); err != nil {
			return nil, about(i+1, err)
		}
		if len(p.operations) > maxOperations {
			return nil, Refuse(InvalidSyntax, fmt.Sprintf("A request may have %d operations.", maxOperations))
		}
	}
	return p, nil
}

// about adds to an error the number of the operation that it is about.
func about(number int, err *org.Error) *org.Error {
	err.Message = fmt.Sprintf("Operation %d: %s", number, err.Message)
	return err
}

func isText(want string) func(any) bool {
	return func(v any) bool {
		text, ok := v.(string)
		return ok && strings.EqualFold(text, want)
	}
}

// read reads one operation.
func (p *Patch) read(d Document, number int) *org.Error {
	o := operation{number: number, op: fold(d.Text("op"))}
	switch o.op {
	case "add", "replace", "remove":
	default:
		return Refuse(InvalidSyntax, "op must be add, replace or remove.")
	}
	o.value, _ = d.Get("value")
	o.given = o.value != nil
	where, _ := d.Get("path")
	text, isText := where.(string)
	// An empty path counts as no path: Entra sends one when it means the whole resource.
	switch {
	case where != nil && !isText:
		return Refuse(InvalidPath, "path must be a text.")
	case strings.TrimSpace(text) != "":
		return p.append(o, text)
	case o.op == "remove":
		return Refuse(NoTarget, "remove needs a path.")
	}
	// The attributes are applied in the order of their names: JSON has no order, and the answer must not vary.
	values, ok := o.value.(map[string]any)
	if !ok {
		return Refuse(InvalidValue, "Without a path, value must be an object.")
	}
	for _, name := range names(values) {
		o.value = values[name]
		o.given = o.value != nil
		if err := p.append(o, name); err != nil {
			return err
		}
	}
	return nil
}

// append adds an operation with a path. The parts of an extension are separate attributes.
func (p *Patch) append(o operation, path string) *org.Error {
	var err error
	if o.path, err = parsePath(path); err != nil {
		return asRefusal(err)
	}
	if !o.given && o.op != "remove" {
		if o.op == "add" || o.path.is("members") { // a list that was lost on its way must not empty a group
			return Refuse(InvalidValue, "The value for "+shorten(path)+" is missing.")
		}
		o.op = "remove" // setting to null removes
	}
	if parts, ok := o.value.(map[string]any); ok && o.op != "remove" && strings.HasPrefix(fold(o.path.Name), "urn:") {
		for _, name := range names(parts) {
			inner := operation{number: o.number, op: o.op, value: parts[name], given: parts[name] != nil}
			if err := p.append(inner, path+":"+name); err != nil {
				return err
			}
		}
		return nil
	}
	p.operations = append(p.operations, o)
	return nil
}

// asRefusal returns an error of this package with its own type.
func asRefusal(err error) *org.Error {
	e, _ := errors.AsType[*org.Error](err)
	return e
}

// Apply returns the document of a resource after the change. Patches of groups need their members loaded.
func (p *Patch) Apply(r *Resource) (Document, error) {
	// The copy is deep: if a later operation is refused, the stored document must be unchanged.
	before := r.Whole()
	after, _ := clone(map[string]any(before)).(map[string]any)
	for _, o := range p.operations {
		if err := o.apply(after, before, p.of); err != nil {
			return nil, about(o.number, err)
		}
	}
	return after, nil
}

// Members returns the members that the change adds and removes, if that is all that it does, so that a large group need not
// be read. No member is in both lists: the later operation counts.
func (p *Patch) Members() (add, remove []uuid.UUID, ok bool) {
	if p.of != Groups {
		return nil, nil, false
	}
	adds, order := map[uuid.UUID]bool{}, []uuid.UUID{}
	// Operations that pass these conditions name the members they add or remove; a filter or a replacement needs the stored members.
	for _, o := range p.operations {
		if !o.path.is("members") || o.path.Sub != "" || !o.given && o.path.only == nil || o.op == "replace" || o.op == "add" && o.path.only != nil {
			return nil, nil, false
		}
		values := list(o.value)
		if n := o.path.only; n != nil {
			if n.kind != isTerm || n.op != "eq" || !strings.EqualFold(n.path.Sub, "value") || o.given {
				return nil, nil, false
			}
			values = []any{n.value}
		}
		for _, v := range values {
			id, isID := memberID(v)
			if !isID {
				return nil, nil, false // Apply reports what is wrong with it
			}
			if _, known := adds[id]; !known {
				order = append(order, id)
			}
			adds[id] = o.op == "add"
		}
	}
	for _, id := range order {
		if adds[id] {
			add = append(add, id)
		} else {
			remove = append(remove, id)
		}
	}
	return add, remove, true
}
