package main

import (
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// manifests are the documents of a file for a cluster, by kind.
func manifests(t *testing.T, path string) map[string]map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]any{}
	for d := yaml.NewDecoder(strings.NewReader(string(text))); ; {
		var one map[string]any
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found[one["kind"].(string)] = one
	}
}

// at follows a path of keys and indexes.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

func kindSchema(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/kubernetes.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("kubernetes", all); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("kubernetes#/kinds/" + kind)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A cluster takes the manifests as they are: they fit the schemas of its API, where a field that it does not know is one
// too many; what refers to another part finds it; and the program starts with what it is given.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	kinds := manifests(t, "../../docs/deploy/kubernetes.yaml")
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, []string{"ConfigMap", "Deployment", "PodDisruptionBudget", "Service"}) {
		t.Fatalf("there are %q", got)
	}
	for kind, one := range kinds {
		if err := kindSchema(t, kind).Validate(one); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	pod := at(kinds["Deployment"], "spec", "template")
	labels := at(pod, "metadata", "labels").(map[string]any)
	for what, selector := range map[string]any{
		"deployment": at(kinds["Deployment"], "spec", "selector", "matchLabels"), "budget": at(kinds["PodDisruptionBudget"], "spec", "selector", "matchLabels"),
		"service": at(kinds["Service"], "spec", "selector"),
	} {
		if selector, _ := selector.(map[string]any); len(selector) == 0 || !maps.Equal(selector, labels) {
			t.Errorf("the selector of the %s is %v, pods have %v", what, selector, labels)
		}
	}
	container := at(pod, "spec", "containers", 0)
	for path, want := range map[string]any{
		"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz",
	} {
		if got := at(container, path, "httpGet"); at(got, "path") != want || at(got, "port") != at(container, "ports", 0, "name") {
			t.Errorf("%s asks %v", path, got)
		}
	}
	if at(kinds["Service"], "spec", "ports", 0, "targetPort") != at(container, "ports", 0, "name") {
		t.Error("the service leads to another port")
	}
	if at(container, "securityContext", "readOnlyRootFilesystem") != true || at(pod, "spec", "securityContext", "runAsNonRoot") != true || at(pod, "spec", "enableServiceLinks") != false {
		t.Error("pods may do more than they need, or get variables that are no settings")
	}
	if image, _ := at(container, "image").(string); !strings.HasSuffix(image, "/rolecall:"+strings.TrimPrefix(upcoming, "v")) {
		t.Errorf("the image is %s", image)
	}
	takesEnvironment(t, kinds["ConfigMap"])
}

// takesEnvironment tries the settings, with those that the image and the secrets have.
func takesEnvironment(t *testing.T, configMap any) {
	t.Helper()
	env := map[string]string{"ROLECALL_HTTP_ADDRESS": ":8080", "ROLECALL_DB": "postgres://rolecall@db/rolecall?sslmode=verify-full"}
	for name, value := range at(configMap, "data").(map[string]any) {
		env[name] = value.(string)
	}
	key := t.TempDir() + "/secret.key"
	if err := os.WriteFile(key, []byte(strings.Repeat("A", 43)+"=\n"), 0o440); err != nil { // as a cluster mounts it
		t.Fatal(err)
	}
	env["ROLECALL_SECRET_KEY_FILE"] = key
	c := serveCommand()
	cfg, err := c.config(c.flagSet(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.check(); err != nil || !cfg.secure() {
		t.Errorf("secure %v, %v", cfg.secure(), err)
	}
}

// The schemas find what would be wrong.
func TestKubernetesSchemas(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(spec map[string]any){
		"unknown field": func(spec map[string]any) { spec["replica"] = 2 },
		"wrong type":    func(spec map[string]any) { spec["replicas"] = "two" },
		"missing field": func(spec map[string]any) { delete(spec, "selector") },
		"unknown, deeper": func(spec map[string]any) {
			at(spec, "template", "spec").(map[string]any)["readOnlyRootFilesystem"] = true
		},
	} {
		one := manifests(t, "../../docs/deploy/kubernetes.yaml")["Deployment"]
		spoil(one["spec"].(map[string]any))
		if err := kindSchema(t, "Deployment").Validate(one); err == nil {
			t.Errorf("%s: it passes", name)
		}
	}
}
