package scim

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// User is what rolecall uses from the document of a user.
type User struct {
	UserName    string
	ExternalID  string
	DisplayName string
	Name        string   // for the account: its display name
	Email       string   // for the account; "" if there is none
	Active      bool     //
	Document    Document // what is kept
}

// ReadUser reads the document of a user. active applies if the document does not say: leaving it out must not give anybody
// access again.
func ReadUser(d Document, active bool) (User, error) {
	var wrong problems
	wrong.checkSchemas(d, Users)
	u := User{
		UserName:    wrong.text(d, "userName", true),
		ExternalID:  wrong.text(d, "externalId", false),
		DisplayName: wrong.text(d, "displayName", false),
		Active:      active,
	}
	if v, ok := d.Get("active"); ok && v != nil {
		if u.Active, ok = boolean(v); !ok {
			wrong.add("active must be true or false.")
		}
	}
	// A name that the directory has put together itself is better than one made from its parts, whose order depends on the language.
	name := wrong.object(d, "name")
	given, family := wrong.text(name, "givenName", false), wrong.text(name, "familyName", false)
	formatted := wrong.text(name, "formatted", false)
	for _, candidate := range []string{u.DisplayName, formatted, strings.TrimSpace(given + " " + family)} {
		if u.Name = strings.TrimSpace(candidate); u.Name != "" {
			break
		}
	}
	u.Email = wrong.email(d, u.UserName)
	// What is kept has active as true or false, however it was sent: answers and filters use that.
	u.Document = keep(d, "members")
	u.Document.set("active", u.Active)
	if v, _ := d.Get("emails"); v != nil { // a single one is kept as a list of one, as the schema requires
		u.Document.set("emails", list(v))
	}
	wrong.size(u.Document)
	return u, wrong.err()
}

// Group is what rolecall uses from the document of a group.
type Group struct {
	DisplayName string
	ExternalID  string
	Members     []uuid.UUID // each once
	Document    Document    // what is kept, without the members
}

// ReadGroup reads the document of a group.
func ReadGroup(d Document) (Group, error) {
	var wrong problems
	wrong.checkSchemas(d, Groups)
	g := Group{DisplayName: wrong.text(d, "displayName", true), ExternalID: wrong.text(d, "externalId", false)}
	// Members are rows and not part of the document: a group of thousands would not fit, and each change would rewrite all of it.
	v, _ := d.Get("members")
	seen := map[uuid.UUID]bool{}
	for _, e := range list(v) {
		id, ok := memberID(e)
		switch {
		case !ok && len(wrong) < maxProblems:
			wrong.add(noMember(e))
		case ok && !seen[id]:
			seen[id] = true
			g.Members = append(g.Members, id)
		}
	}
	g.Document = keep(d, "members")
	wrong.size(g.Document)
	return g, wrong.err()
}

// maxProblems is how many wrong members one answer names.
const maxProblems = 20

// memberID reads a member: an object with its id, or only the id.
func memberID(v any) (uuid.UUID, bool) {
	if o, ok := v.(map[string]any); ok {
		v, _ = Document(o).Get("value")
	}
	text, _ := v.(string)
	id, err := uuid.Parse(text)
	return id, err == nil && len(text) == len(id.String())
}

func noMember(v any) string {
	if o, ok := v.(map[string]any); ok {
		v, _ = Document(o).Get("value")
	}
	if text, ok := v.(string); ok {
		return "There is no user \"" + shorten(text) + "\" in this directory."
	}
	return "Each member must have the id of a user as its value."
}

// keep returns the document without what rolecall adds to it, and without what is not to be kept.
func keep(d Document, more ...string) Document {
	return d.without(append(more, "id", "meta", "groups", "password")...)
}

func (p *problems) checkSchemas(d Document, t Type) {
	v, ok := d.Get("schemas")
	if !ok || v == nil {
		return
	}
	found := false
	for _, s := range list(v) {
		name, isText := s.(string)
		if !isText {
			p.add("schemas must be a list of texts.")
			return
		}
		found = found || strings.EqualFold(name, t.Schema())
	}
	if !found {
		p.add("schemas must have " + t.Schema() + ".")
	}
}

// text reads an attribute that must be a text.
func (p *problems) text(d Document, name string, required bool) string {
	v, _ := d.Get(name)
	text, ok := v.(string)
	switch {
	case v != nil && !ok:
		p.add(name + " must be a text.")
	case required && strings.TrimSpace(text) == "":
		p.add(name + " is missing.")
	case utf8.RuneCountInString(text) > MaxName:
		p.add(fmt.Sprintf("%s must have at most %d characters.", name, MaxName))
	}
	return text
}

// object reads an attribute that must be an object.
func (p *problems) object(d Document, name string) Document {
	v, _ := d.Get(name)
	o, ok := v.(map[string]any)
	if v != nil && !ok {
		p.add(name + " must be an object.")
	}
	return o
}

func (p *problems) size(d Document) {
	if len(d.JSON()) > MaxDocument {
		p.add(fmt.Sprintf("The resource must have at most %d bytes.", MaxDocument))
	}
}

// email returns the address for the account: the primary one, else that for work, else the first, else the userName if it is one.
func (p *problems) email(d Document, userName string) string {
	v, _ := d.Get("emails")
	var primary, work, first string
	for _, e := range list(v) {
		o, isObject := e.(map[string]any)
		if !isObject {
			o = map[string]any{"value": e}
		}
		value, _ := Document(o).Get("value")
		address, ok := value.(string)
		if value == nil || value == "" {
			continue
		}
		if !ok {
			p.add("Each of emails must have a text as its value.")
			return ""
		}
		// Two may be marked as primary, since nothing checks what is sent; the first of them counts.
		mark, _ := Document(o).Get("primary")
		if is, _ := boolean(mark); is && primary == "" {
			primary = address
		}
		if strings.EqualFold(Document(o).Text("type"), "work") && work == "" {
			work = address
		}
		if first == "" {
			first = address
		}
	}
	chosen := []string{primary, work, first}
	if i := slices.IndexFunc(chosen, func(s string) bool { return s != "" }); i >= 0 {
		return chosen[i]
	}
	if a, err := mail.ParseAddress(userName); err == nil && a.Address == userName {
		return userName
	}
	return ""
}
