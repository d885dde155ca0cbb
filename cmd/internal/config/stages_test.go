package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestStageTypeByName(t *testing.T) {
	for stage, want := range map[string]Type{
		"production": Production,
		"prod":       Production,
		"prod-eu":    Development,
		"pr-12":      Preview,
		"pr":         Development,
		"preview":    Preview,
		"preview-x":  Preview,
		"local":      Local,
		"dev":        Development,
		"staging":    Development,
	} {
		if got := new(Config).StageType(stage); got != want {
			t.Errorf("%s: got %s, want %s", stage, got, want)
		}
	}
}

func TestStages(t *testing.T) {
	c, err := parse([]byte(`
store: awssm
stages:
  "*": {type: local}
  "p*": {type: prod}
  "pr-*": {type: pr}
  "pr-?": {type: dev}
  "pr-[0-9]": {type: production}
  pr-7: {store: ssm}
  "pr-7*": {store: sst}
  "eu-*-x": {type: preview}
  "eu-a*": {type: production}
  "*-t": {type: preview}
  "t-*": {type: production}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		stage string
		typ   Type
		store string
	}{
		{"dev", Local, "awssm"}, // * alone
		{"production", Production, "awssm"},
		{"pr-12", Preview, "awssm"},    // pr-* has more plain characters than p*
		{"pr-x", Development, "awssm"}, // ? beats nothing in its place
		{"pr-8", Development, "awssm"}, // ? and [0-9] count the same: the first one
		{"pr-7", Development, "ssm"},   // the name wins where it says something
		{"pr-71", Preview, "sst"},
		{"eu-a-x", Preview, "awssm"}, // eu-*-x has more plain characters than eu-a*
		{"eu-a-y", Production, "awssm"},
		{"t-t", Preview, "awssm"}, // as many: the first one
	} {
		if got := c.StageType(tt.stage); got != tt.typ {
			t.Errorf("%s: got type %s, want %s", tt.stage, got, tt.typ)
		}
		if got := c.StoreFor(tt.stage); got.Value != tt.store || got.Pos.Line == 0 {
			t.Errorf("%s: got store %+v, want %s", tt.stage, got, tt.store)
		}
	}
	if got := new(Config).StoreFor("dev"); got.Text != (Text{Value: "local"}) {
		t.Errorf("default store %+v", got)
	}
}

func TestTextErrorf(t *testing.T) {
	c, err := parse([]byte("app: x\nstages:\n  dev: {store: vault}"))
	if err != nil {
		t.Fatal(err)
	}
	store := c.StoreFor("dev")
	if got := store.Errorf("unknown store %q", store.Value).Error(); got != `aside.yaml:3:16: unknown store "vault"` {
		t.Error(got)
	}
	if got := (Text{}).Errorf("x").Error(); got != "x" {
		t.Error(got)
	}
}

func TestParseType(t *testing.T) {
	for s, want := range map[string]Type{
		"production": Production, "prod": Production,
		"preview": Preview, "pr": Preview,
		"development": Development, "dev": Development,
		"local": Local,
	} {
		if got, err := ParseType(s); got != want || err != nil {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "Production", "_prod", "production "} {
		if got, err := ParseType(s); err == nil {
			t.Errorf("%q: %s", s, got)
		}
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("x", 64)
	for _, tt := range []struct {
		name, stage, app string // the errors, "" for none
	}{
		{"dev", "", ""},
		{"7", "", ""},
		{"PR-12-", "", ""},
		{long, "", ""},
		{long + "x", `"xxxxxxxxxxxxxxxxxxxx"… is no name of a stage: it has 65 characters, at most 64 are allowed`, ""},
		{long + long + "x", `"xxxxxxxxxxxxxxxxxxxx"… is no name of a stage: it has 129 characters, at most 64 are allowed`,
			`"xxxxxxxxxxxxxxxxxxxx"… is no name of an app: it has 129 characters, at most 128 are allowed`},
		{"", "the name of a stage is empty", "the name of an app is empty"},
		{"a.b_c", `"a.b_c" is no name of a stage: character 2 may not stand there`, ""},
		{"-x", `"-x" is no name of a stage: character 1 may not stand there`, `"-x" is no name of an app: character 1 may not stand there`},
		{"a/b", `"a/b" is no name of a stage: character 2 may not stand there`, `"a/b" is no name of an app: character 2 may not stand there`},
		{"..", `".." is no name of a stage: character 1 may not stand there`, `".." is no name of an app: character 1 may not stand there`},
		{"aé", `"aé" is no name of a stage: character 2 may not stand there`, `"aé" is no name of an app: character 2 may not stand there`},
		{"a\xff", `"a\xff" is no name of a stage: character 2 may not stand there`, `"a\xff" is no name of an app: character 2 may not stand there`},
	} {
		if err := CheckStage(tt.name); text(err) != tt.stage {
			t.Errorf("stage %q: got %v, want %s", tt.name, err, tt.stage)
		}
		if err := CheckApp(tt.name); text(err) != tt.app {
			t.Errorf("app %q: got %v, want %s", tt.name, err, tt.app)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestAppName(t *testing.T) {
	root := string(filepath.Separator)
	for _, tt := range []struct {
		c         Config
		want, err string
	}{
		{Config{Root: filepath.Join(root, "src", "my-app")}, "my-app", ""},
		{Config{Root: filepath.Join(root, "src", "my app"), App: Text{Value: "x"}}, "x", ""},
		{Config{Root: filepath.Join(root, "src", "my app")}, "", `the app has no name, and that of its folder, "my app", cannot be one`},
		{Config{Root: filepath.Join(root, "_shared")}, "", `the app has no name, and that of its folder, "_shared", cannot be one`},
	} {
		got, err := tt.c.AppName()
		if got != tt.want || text(err) != tt.err {
			t.Errorf("%s: %q, %v", tt.c.Root, got, err)
		}
		if err != nil && sources.HintOf(err) != "name it with app: in aside.yaml, with ASIDE_APP or --app" {
			t.Errorf("hint %q", sources.HintOf(err))
		}
	}
	if _, err := (&Config{Root: root}).AppName(); err == nil {
		t.Error("the file system's root names an app")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"_", "app", "stage", "stages", "store", "parameters"}
	for word, want := range map[string]string{
		"stge": "stage", "satge": "stage", "STORE": "store", "ap": "app", "paramters": "parameters",
		"x": "", "_": "_", "secrets": "", "": "", strings.Repeat("stage", 100): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
