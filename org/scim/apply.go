package scim

import (
	"reflect"
	"strings"

	"rolecall.example/org"
)

// apply changes the document by one operation. before is the resource as stored.
func (o operation) apply(d, before Document, t Type) *org.Error {
	a, sub := o.path.of(t)
	if err := o.known(d, a, sub); err != nil {
		return err
	}
	if a != nil { // what is new gets the spelling of the schema
		o.path.Name = a.Name
	}
	if sub != nil {
		o.path.Sub = sub.Name
	}
	// Extensions that no schema describes are accepted as they come: their content is up to those who defined them.
	if a != nil && a.Fixed == "readOnly" {
		if was, _ := before.Get(a.Name); o.op != "remove" && o.path.Sub == "" && o.path.only == nil && reflect.DeepEqual(was, o.value) {
			return nil // sent back as it is: Okta names the id of the group that it renames
		}
		return Refuse(Mutability, a.Name+" can't be changed.")
	}
	if sub != nil && (sub.Fixed == "readOnly" || sub.Fixed == "immutable") {
		return Refuse(Mutability, a.Name+"."+sub.Name+" can't be changed.")
	}
	if a != nil && a.Type == "boolean" || sub != nil && sub.Type == "boolean" {
		if b, ok := boolean(o.value); ok {
			o.value = b
		} else if o.op != "remove" {
			return Refuse(InvalidValue, o.path.Name+" must be true or false.")
		}
	}
	// Without this the stored value would count, and a person whom the directory meant to deactivate would stay.
	if o.path.is("active") && o.op == "remove" {
		return Refuse(InvalidValue, "active can't be removed. Set it to false.")
	}
	h := d
	if o.path.Schema != "" {
		if h = o.extension(d); h == nil {
			return nil // nothing to remove
		}
	}
	v, _ := h.Get(o.path.Name)
	_, isList := v.([]any)
	var err *org.Error
	if isList || o.path.only != nil || a != nil && a.Multi {
		v, err = o.onList(list(v), a, t)
	} else {
		v, err = o.onOne(v, a)
	}
	if err != nil {
		return err
	}
	h.put(o.path.Name, v)
	if o.path.Schema != "" && len(h) == 0 {
		d.remove(o.path.Schema)
	}
	return nil
}

// put sets an attribute. Null, or a list without values, removes it.
func (d Document) put(name string, v any) {
	if all, isList := v.([]any); v == nil || isList && len(all) == 0 {
		d.remove(name)
		return
	}
	d.set(name, v)
}

// known refuses a path to an attribute that neither the schema nor the document has. Extensions may have more than the
// schemas say.
func (o operation) known(d Document, a, sub *attribute) *org.Error {
	if o.path.Schema != "" || strings.HasPrefix(fold(o.path.Name), "urn:") {
		return nil
	}
	v, there := d.Get(o.path.Name)
	switch {
	case a == nil && !there:
		return Refuse(InvalidPath, "There is no attribute \""+shorten(o.path.Name)+"\".")
	case o.path.Sub == "" || sub != nil:
		return nil
	case a != nil && a.Type != "complex", len(parts(list(v), o.path.Sub)) == 0:
		return Refuse(InvalidPath, "There is no attribute \""+shorten(o.path.Name+"."+o.path.Sub)+"\".")
	}
	return nil
}

// extension returns the part of the document that belongs to an extension. It creates it if something is to be set.
func (o operation) extension(d Document) Document {
	v, _ := d.Get(o.path.Schema)
	e, ok := v.(map[string]any)
	if !ok {
		if o.op == "remove" {
			return nil
		}
		e = map[string]any{}
		d.set(o.path.Schema, e)
	}
	return e
}

// onOne changes an attribute that has one value.
func (o operation) onOne(v any, a *attribute) (any, *org.Error) {
	whole := o.path.Sub == ""
	object, isObject := v.(map[string]any)
	switch {
	case o.op == "remove" && whole:
		return nil, nil
	case o.op == "remove":
		Document(object).remove(o.path.Sub)
		if isObject && len(object) == 0 {
			return nil, nil
		}
		return v, nil
	case whole:
		return o.merged(object, a)
	case v != nil && !isObject:
		return nil, Refuse(InvalidPath, o.path.Name+" has no parts.")
	case object == nil:
		object = map[string]any{}
	}
	Document(object).set(o.path.Sub, o.value)
	return object, nil
}

// merged merges the parts that were sent into the existing ones. A text is taken as the value of a reference to a user.
func (o operation) merged(was map[string]any, a *attribute) (any, *org.Error) {
	parts, isObject := o.value.(map[string]any)
	if a != nil && a.Type == "complex" && !isObject {
		text, ok := o.value.(string)
		if !ok || named(a.Subs, "value") == nil {
			return nil, Refuse(InvalidValue, a.Name+" must be an object.")
		}
		return map[string]any{"value": text}, nil
	}
	if !isObject {
		return o.simple(a)
	}
	if a != nil && a.Type != "complex" {
		return nil, Refuse(InvalidValue, a.Name+" can't be an object.")
	}
	if was == nil {
		was = map[string]any{}
	}
	for _, name := range names(parts) {
		Document(was).put(name, clone(parts[name]))
	}
	return was, nil
}

// simple returns the value that was sent. For a single-valued attribute it may be a list of one, as Entra has sent it.
func (o operation) simple(a *attribute) (any, *org.Error) {
	all, isList := o.value.([]any)
	if !isList || a == nil {
		return o.value, nil
	}
	if len(all) == 1 {
		values := parts(all, "value")
		if len(values) == 1 {
			return values[0], nil
		}
	}
	return nil, Refuse(InvalidValue, a.Name+" has one value.")
}
