package catalogfile

import (
	"encoding/json"

	"rolecall.example/org/yamltree"
	"rolecall.example/rbac"
)

// authZEN reads how questions of the AuthZEN API become questions of this catalog.
func (r *reader) authZEN(path string, v *yamltree.Node) {
	a := &rbac.AuthZEN{}
	r.doc.AuthZEN = a
	r.Keys(path, v, []yamltree.Key{
		r.text("default_organization", &a.DefaultOrganization),
		{Name: "rewrite", Read: func(path string, v *yamltree.Node) {
			r.Items(path, v, func(at string, v *yamltree.Node) { a.Rewrite = append(a.Rewrite, r.rewrite(at, v)) })
		}},
		{Name: "instances", Read: func(path string, v *yamltree.Node) {
			a.Instances = map[string][]rbac.AuthZENObject{}
			r.Fields(path, v, func(at string, f yamltree.Field) {
				r.Items(at, f.Value, func(at string, v *yamltree.Node) {
					a.Instances[f.Name] = append(a.Instances[f.Name], r.instance(at, v))
				})
			})
		}},
	})
}

// rewrite reads a rule. That its action need not be one of the catalog, and the other must, is checked with the document.
func (r *reader) rewrite(path string, v *yamltree.Node) (w rbac.AuthZENRewrite) {
	r.Keys(path, v, []yamltree.Key{
		needed(r.text("type", &w.Type)), needed(r.text("action", &w.Action)), needed(r.text("to", &w.To)),
		{Name: "when", Read: func(path string, v *yamltree.Node) {
			w.When = map[string]any{}
			r.Fields(path, v, func(at string, f yamltree.Field) {
				switch f.Value.Kind {
				case yamltree.Text:
					w.When[f.Name] = value(f.Value)
				default:
					r.Fail(f.Value.Place, at, "a text, a number, true or false is needed here, not %s", f.Value.Kind)
				}
			})
		}},
	})
	return w
}

// instance reads a thing that the catalog itself knows.
func (r *reader) instance(path string, v *yamltree.Node) (o rbac.AuthZENObject) {
	r.Keys(path, v, []yamltree.Key{needed(r.text("id", &o.ID)), {Name: "properties", Read: func(path string, v *yamltree.Node) {
		o.Properties = map[string]any{}
		r.Fields(path, v, func(at string, f yamltree.Field) { o.Properties[f.Name] = r.data(at, f.Value) })
	}}})
	return o
}

// data reads what the format does not look into.
func (r *reader) data(path string, v *yamltree.Node) any {
	switch v.Kind {
	case yamltree.Mapping:
		m := map[string]any{}
		r.Fields(path, v, func(at string, f yamltree.Field) { m[f.Name] = r.data(at, f.Value) })
		return m
	case yamltree.List:
		list := []any{}
		r.Items(path, v, func(at string, v *yamltree.Node) { list = append(list, r.data(at, v)) })
		return list
	case yamltree.Text:
		return value(v)
	default:
		return nil
	}
}

// value gives a text without quotes the type that JSON would give it. This is where the file has no schema that could.
func value(v *yamltree.Node) any {
	var typed any
	if v.Typed() && json.Unmarshal([]byte(v.Text), &typed) == nil { // a number may be too large
		return typed
	}
	return v.Text
}
