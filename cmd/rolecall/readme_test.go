package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// documented has what the API's documents show for each of their endpoints, from the newest one that has it: the
// status, and a sample of the answer, with the types of the fields in the place of values.
var documented = map[string]struct {
	status int
	sample string
}{
	"GET /organizations/{organization}/members":                     {200, "[" + sampleMemberWithUser + "]"},
	"GET /organizations/{organization}/paginated-members":           {200, `[{"count":0,"members":[` + sampleMemberWithUser + `]}]`},
	"GET /organizations/{organization}/members/roles":               {200, "[" + sampleAssignable + "]"},
	"POST /organizations/{organization}/members/roles":              {200, "[" + sampleRole + "]"},
	"PUT /organizations/{organization}/members/roles":               {200, "[" + sampleRole + "]"},
	"DELETE /organizations/{organization}/members/roles/{roleName}": {200, "[" + sampleRole + "]"},
	"POST /organizations/{organization}/members/{user}":             {200, sampleMember},
	"DELETE /organizations/{organization}/members/{user}":           {204, ""},
	"PUT /organizations/{organization}/members/{user}/roles":        {200, sampleMember},
	"GET /users/roles":   {200, "[" + sampleAssignable + "]"},
	"PATCH /users/roles": {200, "[" + strings.Replace(sampleRole, `"organization_permissions":[`+samplePermission+`]`, `"organization_permissions":{}`, 1) + "]"},
}

const (
	sampleRef            = `{"display_name":"","name":"","organization_id":""}`
	sampleMember         = `{"created_at":"","organization_id":"","roles":[` + sampleRef + `],"updated_at":"","user_id":""}`
	sampleMemberWithUser = `{"status":"","login_type":"","last_seen_at":"","user_created_at":"","user_updated_at":"","has_ai_seat":false,"avatar_url":"","created_at":"","email":"","global_roles":[` + sampleRef + `],"name":"","organization_id":"",` +
		`"roles":[` + sampleRef + `],"updated_at":"","user_id":"","username":""}`
	samplePermission  = `{"action":"","negate":true,"resource_type":""}`
	samplePermissions = `"organization_permissions":[` + samplePermission + `],"organization_member_permissions":[],"site_permissions":[` + samplePermission + `],"user_permissions":[` + samplePermission + `]`
	sampleRole        = `{"display_name":"","name":"","organization_id":"",` + samplePermissions + `}`
	sampleAssignable  = `{"assignable":true,"built_in":true,"display_name":"","name":"","organization_id":"",` + samplePermissions + `}`
)

// TestReadme runs every line about the API in the README, in its order, against the demo.
func TestReadme(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		leaveOut(t, err)
	}
	demo := start(t, nil, "", "demo", "--json", "--http-address", "127.0.0.1:0")
	url := demo.wait(t, &demo.out, `"url": "(.*)"`)
	token := demo.wait(t, &demo.out, `"token": "(.*)"`)
	env := []string{"ROLECALL_URL=" + url, tokenVariable + "=" + token}
	ran := map[string]bool{}
	for _, line := range apiLines(t) {
		if command, ok := strings.CutPrefix(line, ourselves); ok {
			tryCommand(t, command, url, token)
			continue
		}
		endpoint, err := try(t, line, url, env)
		if err != nil {
			t.Errorf("%s\n%v", line, err)
		}
		ran[endpoint] = true
	}
	for endpoint := range documented {
		if !ran[endpoint] {
			t.Errorf("the README does not show %s", endpoint)
		}
	}
}

// ourselves begins the lines that run the program from its source.
const ourselves = "go run ./cmd/rolecall "

// tryCommand runs a command of the program where the README is.
func tryCommand(t *testing.T, command, url, token string) {
	t.Helper()
	env := map[string]string{"ROLECALL_URL": url, tokenVariable: token}
	p := start(t, env, "", strings.Fields(strings.ReplaceAll(command, " examples/", " ../../examples/"))...)
	if code := p.exit(t); code != exitDone || p.out.String() == "" {
		t.Errorf("rolecall %s: exit code %d, %s%s", command, code, p.out.String(), p.log.String())
	}
}

// apiLines are the commands of the section about the API that begin with curl or run the program, continued lines as one.
func apiLines(t *testing.T) (lines []string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Use the API\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, block := range regexp.MustCompile("(?s)```shell\n(.*?)```").FindAllStringSubmatch(section, -1) {
		for command := range strings.SplitSeq(block[1], "\n\n") {
			if strings.HasPrefix(command, "curl ") || strings.HasPrefix(command, ourselves) {
				lines = append(lines, strings.TrimSpace(command))
			}
		}
	}
	return lines
}

// TestReadmeCatalog runs what the README shows of catalogs: the file of permission tests, and the commands.
func TestReadmeCatalog(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Your product's catalog\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(section, -1)
	if len(blocks) != 3 {
		t.Fatalf("the section has %d blocks, want 3", len(blocks))
	}
	const head = "format: rolecall/catalog/1\nproduct: x\nlabel: X\n"
	if code, out, log := call(t, "", "catalog", "check", write(t, "catalog.yaml", head+blocks[0][2])); code != exitDone {
		t.Errorf("the catalog: exit code %d, %s%s", code, out, log)
	}
	here, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	tests := write(t, "tests.yaml", strings.Replace(blocks[1][2], "examples", here, 1))
	if code, out, log := call(t, "", "test", tests); code != exitDone || !strings.Contains(out, "2 tests, 0 failed") {
		t.Errorf("the tests: exit code %d, %s%s", code, out, log)
	}
	paper, err := os.ReadFile("../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(paper), -1)
	if code, out, log := call(t, "", "catalog", "check", write(t, "catalog.yaml", shown[0][1])); code != exitDone {
		t.Errorf("the catalog of docs/catalog.md: exit code %d, %s%s", code, out, log)
	}
	tests = write(t, "tests.yaml", strings.Replace(shown[len(shown)-1][1], "expenses.yaml", here+"/catalogs/expenses.yaml", 1))
	if code, out, log := call(t, "", "test", tests); code != exitDone {
		t.Errorf("the tests of docs/catalog.md: exit code %d, %s%s", code, out, log)
	}
	for command := range strings.SplitSeq(strings.TrimSpace(blocks[2][2]), "\n\n") {
		tryCommand(t, strings.TrimPrefix(command, ourselves), "", "")
	}
}

var curlRequest = regexp.MustCompile(`^curl -X (\w+) "\$ROLECALL_URL(/\S*)"`)

// try runs one curl line and says what is wrong with the answer.
func try(t *testing.T, line, url string, env []string) (endpoint string, err error) {
	t.Helper()
	m := curlRequest.FindStringSubmatch(line)
	if m == nil {
		return "", fmt.Errorf("does not begin with the method and the address")
	}
	req, err := http.NewRequestWithContext(t.Context(), m[1], url+m[2], nil)
	if err != nil {
		return "", err
	}
	curl := exec.CommandContext(t.Context(), "sh", "-c", line+" --silent --show-error --include --raw")
	curl.Env = append(os.Environ(), env...)
	out, err := curl.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(out)), req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	doc, err := webtest.Document()
	if err != nil {
		return "", err
	}
	route := webtest.Operation(doc, m[1], req.URL.Path)
	if route == nil {
		return "", fmt.Errorf("openapi.json does not have it")
	}
	endpoint = m[1] + " " + route.Path
	if err := webtest.Contract(req, res, body); err != nil {
		return endpoint, fmt.Errorf("against openapi.json: %w\n%s", err, body)
	}
	return endpoint, asDocumented(endpoint, res.StatusCode, body)
}

// asDocumented compares an answer with its document.
func asDocumented(endpoint string, status int, body []byte) error {
	d, ok := documented[endpoint]
	if !ok {
		if status >= http.StatusBadRequest {
			return fmt.Errorf("answered %d: %s", status, body)
		}
		return nil
	}
	if status != d.status {
		return fmt.Errorf("answered %d, documented is %d: %s", status, d.status, body)
	}
	if d.sample == "" {
		if len(body) > 0 {
			return fmt.Errorf("answered a body: %s", body)
		}
		return nil
	}
	var want, got any
	if err := json.Unmarshal([]byte(d.sample), &want); err != nil {
		return err
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	if list, ok := got.([]any); ok && len(list) == 0 {
		return fmt.Errorf("answered an empty list, which shows nothing")
	}
	return conforms("", want, got)
}

// conforms says where got is not built like want. Lists are compared by what is in them. organization_id is left out
// of what belongs to the site; roles have a description besides, which clients of the documents read over.
func conforms(at string, want, got any) error {
	if reflect.TypeOf(want) != reflect.TypeOf(got) {
		return fmt.Errorf("%s is %v, documented is %v", at, got, want)
	}
	switch want := want.(type) {
	case []any:
		for i, item := range got.([]any) {
			if err := conforms(fmt.Sprintf("%s[%d]", at, i), want[0], item); err != nil {
				return err
			}
		}
	case map[string]any:
		got := got.(map[string]any)
		for field := range got {
			if _, ok := want[field]; !ok && field != "description" {
				return fmt.Errorf("%s.%s is not documented", at, field)
			}
		}
		for field, sample := range want {
			value, ok := got[field]
			if !ok && field != "organization_id" {
				return fmt.Errorf("%s.%s is missing", at, field)
			}
			if !ok {
				continue
			}
			if err := conforms(at+"."+field, sample, value); err != nil {
				return err
			}
		}
	}
	return nil
}
