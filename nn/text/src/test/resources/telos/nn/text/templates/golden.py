"""Renders the templates here with Jinja2; see README.md."""

import datetime
import glob
import json

from jinja2.ext import Extension, loopcontrols
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


env = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
)
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = datetime.datetime(2025, 2, 3, 16, 5, 6).strftime

SNIPPETS = [
    "a\n  {% if true %}  \n b {% endif %}\n c\n",
    "a  {%- if true -%}  b  {%- endif -%}  c",
    "  {%+ if true +%}\n b\n  {% endif %}\n c",
    "x {# note #}\n y\n   {#- gone -#}  \n z",
    "{{ 'a' }}\n{{ 'b' -}}\n  c {{- 'd' }}",
    "a\n \n {% set x = 1 %}\n{{ x }}\n\n",
    "{% for i in range(5) if i % 2 == 0 %}{{ loop.index }}/{{ loop.length }}:{{ i }}{{ '' if loop.last else ',' }}{% else %}none{% endfor %}",
    "{% for i in [] %}x{% else %}none{% endfor %}",
    "{% set x = 1 %}{% for i in range(3) %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}",
    "{% set ns = namespace(x=1) %}{% for i in range(3) %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% if true %}{% set y = 2 %}{% endif %}{{ y }}",
    "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% macro f(a, b='x') %}[{{ a }}|{{ b }}]{% endmacro %}{{ f(1) }}{{ f(2, 'y') }}{{ f(b=3, a=4) }}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% set t %} a {{ 1 + 1 }} {% endset %}<{{ t | trim }}>",
    "{{ 7 // 2 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 1.5 + 1 }} {{ 1e20 }} {{ 1e-7 }} {{ 3 * 'ab' if false else 'ab' * 3 }}",
    "{{ 1 ~ 'a' ~ none ~ true ~ 2.0 }} {{ 'a' + 'b' ~ 1 + 2 }}" if False else "{{ 1 ~ 'a' ~ none ~ true ~ 2.0 }}",
    "{{ [1, 'a', none, true, {'k': \"it's\"}, (1,), (), [2.5]] }}",
    "{{ {'a': [1, {'b': 'é\\n\"'}], 'c': {}, 'd': [], 'e': 1.0, 'f': none} | tojson }}",
    "{{ {'a': [1, {'b': 'é'}], 'c': {}, 'd': []} | tojson(indent=2) }}",
    "{{ {'a': [1, 2]} | tojson(separators=(',', ':')) }}",
    "{{ [1, 2, 3][::-1] }}{{ [1, 2, 3][1:] }}{{ [1, 2, 3][:-1] }}{{ 'hällo'[1:3] }}{{ 'abc'[::-1] }}{{ 'abc'[-1] }}{{ [1,2,3,4][::2] }}",
    "{{ 'a,b,,c'.split(',') }}{{ 'a,b,c'.split(',', 1) }}{{ ' a  b '.split() }}{{ 'a,b,c'.rsplit(',', 1) }}",
    "{{ '<think>x</think>\\n\\ny'.split('</think>')[-1].lstrip('\\n') }}{{ ' xyx '.strip() }}{{ 'xyx'.strip('x') }}{{ 'xyx'.rstrip('x') }}",
    "{{ 'hello world'.title() }} {{ 'hELLO' | capitalize }} {{ 'aBc' | upper }} {{ 'aBc'.lower() }} {{ 'a-b' | replace('-', '+') }}",
    "{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'c')) }}{{ 'abc'.find('c') }}{{ 'b' in 'abc' }}{{ 'x' not in ['y'] }}",
    "{{ nothing }}|{{ nothing is defined }}|{{ nothing | default('d') }}|{{ '' | default('d', true) }}|{{ nothing | length }}",
    "{{ {'a': 1}.items() | list }}{{ {'a': 1} | items | list }}{{ {'a': 1, 'b': 2}.keys() | list }}{{ {'a': 1}.get('b', 3) }}{{ {'a': 1}.get('b') }}",
    "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}",
    "{{ [{'r': 'a', 'v': 1}, {'r': 'b', 'v': 2}] | selectattr('r', 'equalto', 'a') | map(attribute='v') | list }}",
    "{{ [{'r': 'a'}, {'r': 'b'}] | rejectattr('r', '==', 'a') | list }}{{ ['a', 'b'] | map('upper') | join('-') }}{{ [0, 1] | select | list }}",
    "{{ ['a', 'b'] | first }}{{ ['a', 'b'] | last }}{{ 'ab' | list }}{{ [1, 2] | join(', ') }}{{ [3, 1] | reverse | list }}",
    "{{ 1 is number }}{{ 'a' is string }}{{ {} is mapping }}{{ [] is iterable }}{{ none is none }}{{ 1 is not none }}{{ true is boolean }}{{ 4 is divisibleby 2 }}{{ 3 is odd }}{{ true is true }}{{ 1 is true }}",
    "{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 1 == 1.0 }}{{ 'a' < 'b' }}{{ not 1 == 2 }}{{ 1 and 'x' }}{{ '' or 'y' }}",
    "{{ 'x' if 1 > 2 }}|{{ 'x' if 1 > 2 else 'y' if 0 else 'z' }}",
    "{{ '12' | int + 1 }}{{ 'x' | int }}{{ 2.9 | int }}{{ '1.5' | float }}{{ -3 | abs }}{{ 3 | string + 'x' }}",
    "{{ 'a' 'b' }}{{ \"q\\\"q\" }}{{ 'tab\\tx' }}{{ '\\u00e9' }}{{ {'a': {'b': 1}}.a.b }}{{ {'a': 1}['a'] }}{{ [5].0 }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = (1, 2) %}{{ c[1] }}{{ {'a': 1} == {'a': 1} }}{{ [1] + [2] }}",
    "{{ strftime_now('%d %b %Y %H:%M:%S %A %j %y %B %p %I %%') }}",
    "{% for x in 'abc' %}{{ loop.revindex }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('o', 'e') }}{% endfor %}",
    "{% for x in [1, 2] %}{% for y in [1, 2] %}{{ loop.depth }}{{ loop.first }}{% endfor %}{% endfor %}",
    "{{ raise_exception('no') }}",
    "{{ nothing.x }}",
    "{{ 1 + 'a' }}",
    "{{ [1].append(2) }}",
]


def rendered(template, variables):
    try:
        return env.from_string(template).render(**variables)
    except Exception:
        return None


def main():
    chats = json.load(open("chats.json"))
    expected = {}
    for path in sorted(glob.glob("*.jinja")):
        source = open(path).read()
        expected[path] = [
            rendered(source, {"tools": None, "bos_token": "<s>", "eos_token": "</s>", **chat})
            for chat in chats
        ]
    write("expected.json", expected)
    write("snippets.json", [[s, rendered(s, {})] for s in SNIPPETS])


def write(path, value):
    with open(path, "w") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


main()
