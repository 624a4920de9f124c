package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/getkin/kin-openapi/openapi3"

	"rolecall.example/web/webtest"
)

// TestFormFieldsAreDocumented: openapi.json names every field that a form of a page sends.
func TestFormFieldsAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := webtest.Document()
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.New(t)
	withRole(role{"ci", "CI", nil})(t, s)
	withRole(role{"ci", "Second", nil})(t, s)
	done(t, s, webtest.Request{Method: http.MethodPatch, Path: "/users/roles", JSON: role{Name: "site-ci"}})
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["ci"]}`})
	done(t, s, webtest.Request{Method: http.MethodPost, Path: "/users/me/keys/tokens", JSON: `{"token_name":"one"}`})
	forms := map[string]bool{}
	for _, path := range []string{
		members, members + "/member", members + "/member/roles", members + "/member?confirm=remove", members + "/new", roles + "/ci", roles + "/new",
		roles + "/ci?confirm=delete", roles + "/ci/history", "/users", "/users/new", "/users/member", "/users/me", "/users/member?confirm=delete",
		"/users/me?confirm=signout", "/users/member/roles", "/users/me/keys/tokens", "/users/roles/site-ci", "/organizations", "/organizations/new",
		"/organizations/default", "/organizations/default?confirm=delete", "/audit",
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner})
		if res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		res.Document().Find("form[method=post]").Each(func(_ int, form *goquery.Selection) {
			method := form.Find("input[name=_method]").AttrOr("value", http.MethodPost)
			action, _ := url.Parse(form.AttrOr("action", path))
			found := webtest.Operation(doc, method, action.Path)
			if found == nil {
				t.Fatalf("%s %s is not in openapi.json", method, action)
			}
			if found.Operation.RequestBody == nil { // a form without a body but what every form has
				return
			}
			schema := formSchema(found.Operation)
			form.Find("input[name], select[name], textarea[name], button[name]").Each(func(_ int, field *goquery.Selection) {
				name := field.AttrOr("name", "")
				key := found.Operation.OperationID + " " + name
				if cell := strings.Contains(name, ".") || strings.HasPrefix(name, "_"); cell || forms[key] {
					return
				}
				forms[key] = true
				if schema == nil || schema.Properties[name] == nil {
					t.Errorf("%s: %s of %s is not in openapi.json", path, name, found.Operation.OperationID)
				}
			})
		})
	}
	if len(forms) < 40 {
		t.Errorf("only %d fields were found", len(forms))
	}
}

// formSchema is what the document says of the form that an operation reads; nil if it reads none.
func formSchema(o *openapi3.Operation) *openapi3.Schema {
	if media := o.RequestBody.Value.Content["application/x-www-form-urlencoded"]; media != nil {
		return media.Schema.Value
	}
	return nil
}
