package scim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Ref refers to another resource of the directory: a group of a user, or a member of a group.
type Ref struct {
	ID      uuid.UUID
	Display string
}

// Resource is a user or a group as stored.
type Resource struct {
	Type      Type
	ID        uuid.UUID
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Document  Document // as User or Group has it
	Refs      []Ref    // groups of a user, members of a group; nil: not loaded
}

// Tag returns the version as an entity tag.
func (r *Resource) Tag() string { return `W/"` + strconv.FormatInt(r.Version, 10) + `"` }

// Location returns the address of the resource below base, the address of the directory.
func (r *Resource) Location(base string) string { return base + r.Type.Path() + "/" + r.ID.String() }

// Whole returns the resource with everything that rolecall adds to its document. Filters and PATCH use it.
func (r *Resource) Whole() Document { return r.whole("") }

func (r *Resource) whole(base string) Document {
	d := r.Document.without("schemas", "id", "meta", "groups", "members", "password")
	d["schemas"] = r.schemas()
	d["id"] = r.ID.String()
	meta := map[string]any{
		"resourceType": r.Type.String(), "created": moment(r.CreatedAt), "lastModified": moment(r.UpdatedAt), "version": r.Tag(),
	}
	d["meta"] = meta
	name, other := "groups", Groups
	if r.Type == Groups {
		name, other = "members", Users
	}
	refs := make([]any, len(r.Refs))
	for i, ref := range r.Refs {
		o := map[string]any{"value": ref.ID.String(), "display": ref.Display}
		if base != "" {
			o["$ref"] = base + other.Path() + "/" + ref.ID.String()
		}
		if r.Type == Users {
			o["type"] = "direct"
		}
		refs[i] = o
	}
	if base != "" {
		meta["location"] = r.Location(base)
	}
	if r.Refs != nil { // not loaded is not the same as none
		d[name] = refs
	}
	return d
}

// schemas returns the schemas that were sent, and those of what the document contains.
func (r *Resource) schemas() []any {
	all := []any{r.Type.Schema()}
	add := func(name string) {
		known := func(s any) bool { return strings.EqualFold(s.(string), name) }
		if !slices.ContainsFunc(all, known) {
			all = append(all, name)
		}
	}
	sent, _ := r.Document.Get("schemas")
	for _, s := range list(sent) {
		if name, ok := s.(string); ok {
			add(name)
		}
	}
	for _, name := range names(r.Document) {
		if strings.HasPrefix(fold(name), "urn:") {
			add(name)
		}
	}
	return all
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// Wire returns the resource as it is sent: with addresses below base, reduced to the projection.
func (r *Resource) Wire(base string, p Projection) Document { return p.Of(r.whole(base)) }

// Query is the query of a list.
type Query struct {
	Filter     *Filter
	Start      int // of the first, from 1
	Count      int // at most MaxCount
	Projection Projection
}

// Lengths of lists.
const (
	usualCount = 100
	MaxCount   = 500
)

// List is a page of the resources that a query selects.
type List struct {
	Total     int // that the query selects
	Resources []Resource
}

// Wire returns the list as it is sent.
func (l *List) Wire(base string, q Query) Document {
	resources := make([]any, len(l.Resources))
	for i := range l.Resources {
		resources[i] = l.Resources[i].Wire(base, q.Projection)
	}
	return ListOf(resources, l.Total, q.Start)
}

// ListOf returns the message for a list.
func ListOf(resources []any, total, start int) Document {
	return Document{
		"schemas": []any{messageList}, "totalResults": total, "startIndex": start, "itemsPerPage": len(resources), "Resources": resources,
	}
}

// Problem returns the message for a failure.
func Problem(status int, code, detail string) Document {
	d := Document{"schemas": []any{messageError}, "status": strconv.Itoa(status), "detail": detail}
	if code != "" {
		d["scimType"] = code
	}
	return d
}
