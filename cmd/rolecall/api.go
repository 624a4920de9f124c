package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// rawRequest holds the flags of `api`. There are two kinds of fields, because a shell only has texts: a number or a
// list must be told apart from a text.
type rawRequest struct {
	fields, typed []string // name=value
	headers       []string // name:value
	input         string   // a file; "-" is standard input
	include       bool
}

func apiCommand() *command {
	var in rawRequest
	return &command{
		// raw: the answer is printed unchanged, since a script wants the bytes that the server sent.
		name: "api", operand: "METHOD PATH", raw: true,
		summary: "Send any request to the API, and print the answer as it arrives",
		about: "PATH is one of those in /openapi.json, with or without /api/v2 in front. Fields become a JSON object, or for GET the query.\n" +
			"Exit code 0: success, 2: the answer is 400 or 404, 3: another error.",
		examples: []string{
			"rolecall api GET /organizations/default/members -f limit=2",
			"rolecall api POST /organizations -f name=acme -f 'display_name=Acme'",
			"rolecall api PUT /organizations/acme/members/wendy/roles -F 'roles=[\"organization-admin\"]'",
			"rolecall api PUT /organizations/acme/members/roles --input role.json --header 'If-None-Match: *'",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringArrayVarP(&in.fields, "raw-field", "f", nil, "a field `NAME=VALUE` whose value is a text; may be repeated")
			fs.StringArrayVarP(&in.typed, "field", "F", nil, "a field `NAME=JSON`; may be repeated")
			fs.StringArrayVarP(&in.headers, "header", "H", nil, "a header `NAME:VALUE`; may be repeated")
			fs.StringVar(&in.input, "input", "", "`FILE` with the body; - is standard input")
			fs.BoolVarP(&in.include, "include", "i", false, "also print status and headers")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			path, header, body, err := in.parts(t, c.operands[0], c.operands[1])
			if err != nil {
				return err
			}
			return asking(ctx, c, func(api *client.Client) error {
				res, err := api.Raw(ctx, strings.ToUpper(c.operands[0]), path, header, body)
				if err != nil {
					return err
				}
				defer res.Body.Close()
				return in.printAnswer(t, res)
			})
		},
	}
}

// parts returns path, headers and body of the request.
func (in *rawRequest) parts(t *terminal, method, path string) (string, http.Header, io.Reader, error) {
	// A path copied from the documentation has the prefix, one copied from an example may not.
	path = strings.TrimPrefix("/"+strings.TrimLeft(path, "/"), "/api/v2")
	header := http.Header{}
	for _, h := range in.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return "", nil, nil, usageError(fmt.Sprintf("--header: %q is not NAME:VALUE", h))
		}
		header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	object, err := in.object()
	switch {
	case err != nil:
		return "", nil, nil, err
	// Servers do not agree on the body of a GET.
	case len(object) > 0 && strings.EqualFold(method, http.MethodGet):
		path, err = withQuery(path, object)
		return path, header, nil, err
	case len(object) > 0 && in.input != "":
		return "", nil, nil, usageError("fields and --input exclude each other")
	case len(object) > 0:
		text, err := json.Marshal(object)
		return path, header, bytes.NewReader(text), err
	// The body is not read here, so an import of any size works.
	case in.input == "-":
		return path, header, t.in, nil
	case in.input != "":
		text, err := os.ReadFile(in.input)
		if err != nil {
			return "", nil, nil, usageError("--input: " + err.Error())
		}
		return path, header, bytes.NewReader(text), nil
	}
	return path, header, nil, nil
}

// object returns the fields. If two have the same name, the typed one counts, in any order.
func (in *rawRequest) object() (map[string]any, error) {
	object := map[string]any{}
	for _, f := range slices.Concat(in.fields, in.typed) {
		// All are checked before any is read, so that the loops below need not check.
		if name, _, ok := strings.Cut(f, "="); !ok || name == "" {
			return nil, usageError(fmt.Sprintf("the field %q is not NAME=VALUE", f))
		}
	}
	for _, f := range in.fields {
		name, value, _ := strings.Cut(f, "=")
		object[name] = value
	}
	for _, f := range in.typed {
		name, value, _ := strings.Cut(f, "=")
		if !json.Valid([]byte(value)) {
			return nil, usageError(fmt.Sprintf("--field %s: %q is no JSON; --raw-field takes a text", name, value))
		}
		object[name] = json.RawMessage(value)
	}
	return object, nil
}

// withQuery adds fields to the query of a path.
func withQuery(path string, object map[string]any) (string, error) {
	u, err := url.Parse(path)
	if err != nil {
		return "", usageError(err.Error())
	}
	q := u.Query()
	for name, value := range object {
		q.Set(name, fmt.Sprintf("%s", value))
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// printAnswer prints an answer, and returns an error if it is one. The error has only the status: what the server said
// is already on standard output.
func (in *rawRequest) printAnswer(t *terminal, res *http.Response) error {
	if in.include {
		fmt.Fprintf(t.out, "%d %s\n", res.StatusCode, http.StatusText(res.StatusCode))
		if err := res.Header.Write(t.out); err != nil {
			return err
		}
		fmt.Fprintln(t.out)
	}
	// A refusal is printed too: it says what is wrong, and a script may want to read that.
	if _, err := io.Copy(t.out, res.Body); err != nil {
		return err
	}
	if res.StatusCode < http.StatusBadRequest {
		return nil
	}
	return &client.Error{Status: res.StatusCode}
}
