package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// upload sends a form with a file, as a browser does.
func upload(t *testing.T, s *webtest.Site, path string, fields map[string]string, file string) *webtest.Response {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	name := ""
	if file != "" {
		name = "catalog.yaml"
	}
	part, err := w.CreateFormFile("upload", name)
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return s.Send(t, webtest.Page, webtest.Request{
		Method: http.MethodPost, Path: path, As: webtest.Owner, JSON: body.String(), Unchecked: true, Header: http.Header{"Content-Type": {w.FormDataContentType()}},
	})
}

// TestUploadedCatalog: a form takes a document as large as the API does, as a file and in a field whose lines a browser ends with
// two bytes, on all the way to its application.
func TestUploadedCatalog(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	file := fuelCatalog(t, "shred_it")
	comments := strings.Repeat("# a form with percent signs has three bytes for each byte of these letters ((((((((((((((((\n", 1<<14)
	file += comments[:1<<20-len(file)-1] + "\n"
	for name, form := range map[string][2]string{"file": {"", file}, "field": {strings.ReplaceAll(file, "\n", "\r\n"), ""}, "both": {file, ""}} {
		res := upload(t, s, "/catalog", map[string]string{"_method": "PUT", "version": "1", "do": "review", "document": form[0]}, form[1])
		doc := res.Document()
		if res.StatusCode != http.StatusOK || doc.Find("form.confirm").AttrOr("enctype", "") != "multipart/form-data" {
			t.Fatalf("%s: %d %s", name, res.StatusCode, doc.Find("#errors").Text())
		}
		if sent := doc.Find(`form.confirm [name=document]`).AttrOr("value", ""); sent != file {
			t.Errorf("%s: the review carries %d bytes, want %d", name, len(sent), len(file))
		}
	}
	for name, tt := range map[string]struct {
		path, file string
		status     int
	}{
		"too large":           {"/catalog", file + "#", 400},
		"much too large":      {"/catalog", strings.Repeat(file, 3), 413},
		"a form without file": {"/organizations/default", file, 415},
	} {
		if res := upload(t, s, tt.path, map[string]string{"_method": "PUT", "version": "1", "do": "review"}, tt.file); res.StatusCode != tt.status && tt.status != 415 || tt.status == 415 && res.StatusCode < 400 {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, tt.status)
		}
	}
	res := upload(t, s, "/catalog", map[string]string{"_method": "PUT", "version": "1", "document": file, "form_id": fmt.Sprintf("%026d", 1)}, "")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %.300s", res.StatusCode, res.Text())
	}
	got := s.Do(t, webtest.Request{Path: "/api/v2/catalog?format=yaml", As: webtest.Owner})
	if string(got.Body) != file {
		t.Errorf("stored are %d bytes, want %d", len(got.Body), len(file))
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/catalog", As: webtest.Owner}).Document()
	if n := page.Find(`form[enctype="multipart/form-data"] input[type=file]`).Length(); n != 1 {
		t.Errorf("%d fields for a file", n)
	}
	if used := page.Find(`tr:contains("fuel") td.c-n .num`).First().Text(); used != "1 role" { // the owner
		t.Errorf("fuel is used in %q roles", used)
	}
}
