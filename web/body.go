package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"rolecall.example/org"
)

// Limits of a request body.
const (
	maxBody     = 1 << 20
	maxUpload   = 2*maxBody + 64<<10 // of a form with a file: a browser ends each line with two bytes, and the fields have heads
	maxDepth    = 64
	maxItems    = 1000 // entries of a list of objects
	maxForm     = 4000 // fields of a form
	maxReported = 100  // problems listed in one answer
	typeJSON    = "application/json"
	// The content type of JSON answers.
	typeJSONOut = "application/json; charset=utf-8"
	typeForm    = "application/x-www-form-urlencoded"
	typeUpload  = "multipart/form-data"
	badBody     = "Request body must be valid JSON."
	badFields   = "Validation failed."
)

// Bodies are parsed into a tree and read from it by name, not unmarshalled into structs. encoding/json accepts ROLES
// for roles, lets the last of two equal keys win, and cannot distinguish a missing list from an empty one: here the
// first is refused and the second takes all roles away. With the tree, the same few lines read a form and a JSON body,
// and errors can name the field that has the wrong type.

// body is the body of a request. It is read and parsed before any use case begins, so that neither a slow client nor a long
// body holds up other writes.
type body struct {
	data     []byte
	tooLarge bool
	err      error // the connection broke

	boundary string // of a form with a file

	asForm  url.Values // nil until needed
	formErr error

	parsed  bool
	fields  map[string]any
	form    bool
	failure error // why it could not be parsed
}

// receive reads the body once.
func (c *call) receive() *body {
	if c.body == nil {
		r := c.request()
		var data bytes.Buffer
		data.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead) // as announced, but a lie must not cost much
		most, boundary := int64(maxBody), c.boundary()
		if boundary != "" {
			most = maxUpload
		}
		_, err := data.ReadFrom(http.MaxBytesReader(c.response(), r.Body, most))
		c.body = &body{data: data.Bytes(), err: err, boundary: boundary}
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			*c.body = body{tooLarge: true}
		}
	}
	return c.body
}

// values returns the data as a form, parsed once.
func (b *body) values() (url.Values, error) {
	switch {
	case b.asForm != nil:
	case b.boundary != "":
		b.asForm, b.formErr = parseUpload(b.data, b.boundary)
	default:
		b.asForm, b.formErr = url.ParseQuery(string(b.data))
	}
	return b.asForm, b.formErr
}

// object returns the parsed body, which is parsed once. With an error it is empty.
func (c *call) object() (object, error) {
	b := c.receive()
	if !b.parsed {
		b.parsed = true
		b.fields, b.failure = c.parse(b)
	}
	o := newObject(b.fields, b.form)
	o.zone = c.zone().Location
	return o, b.failure
}

// parse parses the body. Errors come in the documented order: its type, its size, its content.
func (c *call) parse(b *body) (fields map[string]any, err error) {
	b.form, err = c.bodyIsForm(len(b.data) == 0 && !b.tooLarge)
	switch {
	case err != nil:
		return nil, err
	case b.tooLarge:
		return nil, &org.Error{Kind: org.TooLarge, Message: "Request body is too large.", Detail: "At most 1 MiB is read."}
	case b.err != nil:
		return nil, malformed(b.err.Error())
	case len(b.data) == 0:
		return nil, malformed("EOF")
	case b.form:
		return parseForm(b)
	}
	return parseJSON(b.data)
}

// sentNothing reports whether the body is empty or just null, which clients of Coder's API send for an empty one.
func (c *call) sentNothing() bool {
	b := c.receive()
	return len(b.data) == 0 && !b.tooLarge || string(bytes.TrimSpace(b.data)) == "null"
}

// bodiless refuses a body with content on a route that reads none. A form may have one: its fields are meant for the
// page.
func (c *call) bodiless() error {
	if c.sentNothing() {
		return nil
	}
	o, err := c.object()
	if err != nil {
		return err
	}
	return o.problem()
}

// bodyIsForm reports whether the body is a form and not JSON, and refuses everything else. Forms are accepted only from
// browsers: with a session, or on the pages that work before there is one.
func (c *call) bodyIsForm(empty bool) (bool, error) {
	types := c.request().Header.Values("Content-Type")
	if len(types) == 0 && empty {
		return false, nil
	}
	browser := c.session || c.route.Offers(Form) || c.route.Offers(Page) && c.route.Access == Public
	switch media := mediaType(types); {
	case c.request().Header.Get("Content-Encoding") != "":
	case media == typeJSON:
		return false, nil
	case media == typeForm && browser, c.boundary() != "" && c.session && c.route.Offers(Upload):
		return true, nil
	}
	return false, &org.Error{
		Kind:    org.Unsupported,
		Message: "Request body must be JSON.",
		Detail:  "Send it with the header Content-Type: application/json.",
	}
}

// mediaType returns the only media type in a Content-Type header, or "" if part of the header is not understood.
func mediaType(header []string) string {
	if len(header) != 1 {
		return ""
	}
	media, params, err := mime.ParseMediaType(header[0])
	if err != nil {
		return ""
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return ""
		}
	}
	return media
}

// malformed returns the error for a body that is not JSON, in the words that clients of Coder's API know.
func malformed(detail string) *org.Error {
	return &org.Error{Kind: org.Invalid, Message: badBody, Detail: detail}
}

// parseForm turns a form into the same tree as JSON: a field is a text, or a list of texts if it occurs more than once.
func parseForm(b *body) (map[string]any, error) {
	values, err := b.values()
	if err != nil || !utf8.Valid(b.data) {
		return nil, &org.Error{Kind: org.Invalid, Message: "The form could not be read.", Detail: "It is not properly encoded."}
	}
	fields, n := make(map[string]any, len(values)), 0
	for name, list := range values {
		if n += len(list); n > maxForm {
			return nil, &org.Error{Kind: org.Invalid, Message: "The form could not be read.", Detail: "It has too many fields."}
		}
		all := make([]any, len(list))
		for i, v := range list {
			if !utf8.ValidString(v) {
				return nil, &org.Error{Kind: org.Invalid, Message: "The form could not be read.", Detail: "It is not UTF-8."}
			}
			all[i] = v
		}
		if fields[name] = all; len(all) == 1 {
			fields[name] = all[0]
		}
	}
	return fields, nil
}

// parseJSON reads one JSON object and refuses what two readers could understand differently: bytes that are not UTF-8,
// keys of one object that differ only in case, anything after the value.
func parseJSON(data []byte) (map[string]any, error) { return parseJSONIn(data, false) }

// parseJSONIn is like parseJSON; if exact is true, keys that differ only in case are different keys.
func parseJSONIn(data []byte, exact bool) (map[string]any, error) {
	if !utf8.Valid(data) {
		return nil, malformed("It is not UTF-8.")
	}
	// parseObject refuses equal names in less time.
	d := parser{jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true)), exact}
	v, err := d.parseValue(0)
	if err != nil {
		if _, ours := errors.AsType[*org.Error](err); ours {
			return nil, err
		}
		return nil, malformed(strings.TrimPrefix(err.Error(), "jsontext: "))
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, malformed("There is something after the object.")
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, malformed("It must be an object.")
	}
	return o, nil
}

// parser reads JSON into a tree.
type parser struct {
	*jsontext.Decoder
	exact bool
}

func (d parser) parseValue(depth int) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	kind := token.Kind()
	if (kind == '{' || kind == '[') && depth == maxDepth {
		return nil, malformed(fmt.Sprintf("It is nested deeper than %d levels.", maxDepth))
	}
	switch kind {
	case '{':
		return d.parseObject(depth + 1)
	case '[':
		return d.parseArray(depth + 1)
	case '"':
		return token.String(), nil
	case '0':
		return json.Number(token.String()), nil
	case 't', 'f':
		return token.Bool(), nil
	default: // null
		return nil, nil
	}
}

func (d parser) parseArray(depth int) (any, error) {
	list := []any{}
	for d.PeekKind() != ']' {
		v, err := d.parseValue(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.ReadToken()
	return list, err
}

// parseObject reads an object and refuses keys that differ only in case, unless d.exact is set: two readers could pick
// different ones.
func (d parser) parseObject(depth int) (any, error) {
	fields, mixed := map[string]any{}, map[string]bool(nil) // mixed has the folded forms of keys that are not folded
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		folded := name
		if !d.exact {
			folded = foldKey(name)
		}
		if _, twice := fields[folded]; twice || mixed[folded] {
			return nil, malformed(fmt.Sprintf("The key %q is there twice.", name))
		}
		if folded != name {
			if mixed == nil {
				mixed = map[string]bool{}
			}
			mixed[folded] = true
		}
		if fields[name], err = d.parseValue(depth); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return fields, err
}

// foldKey returns the same text for keys that differ only in case. Upper and then lower case unifies all forms of a letter:
// K, k and the Kelvin sign.
func foldKey(name string) string {
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.ToLower(strings.ToUpper(name))
		}
	}
	return name
}
