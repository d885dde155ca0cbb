package sources

import (
	"context"
	"strings"
	"testing"
)

func TestProcess(t *testing.T) {
	src := Process(
		[]string{"A=1", "EMPTY=", "EQUALS=a=b", "TWICE=first", "TWICE=second", "ASIDE_STAGE=outer", "=C:=C:\\", "no value"},
		map[string]string{"ASIDE_STAGE": "dev", "ASIDE_APP": "my-app"},
	)
	r, err := src.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range r.Values {
		if v.Origin.Layer != Env || v.Template != nil {
			t.Errorf("%s: %+v", v.Name, v)
		}
		got = append(got, v.Origin.Source+": "+v.Name+"="+v.Secret.Reveal())
	}
	want := []string{
		"aside: ASIDE_APP=my-app", "aside: ASIDE_STAGE=dev", // above the one that is inherited
		"environment: A=1", "environment: EMPTY=", "environment: EQUALS=a=b",
		"environment: TWICE=first", "environment: TWICE=second", "environment: ASIDE_STAGE=outer",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
