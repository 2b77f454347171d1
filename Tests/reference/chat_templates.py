"""Makes Fixtures/chat-templates.json: chat templates in the form the models' files have them, and
the text that jinja2 renders from them as transformers does. Needs jinja2. Usage:
chat_templates.py FILE"""
import json
import sys

from jinja2.sandbox import ImmutableSandboxedEnvironment

CHATML = ("{% for message in messages %}%s{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
          "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
DEFAULT = ("{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n%s<|im_end|>\n' }}"
           "{% endif %}")

# Qwen2.5 and Qwen3 write the tools' turn first, which is left out where there are no tools.
QWEN25 = r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
    {%- endif %}
    {{- "\n\n# Tools\n\n<|im_end|>\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""
QWEN25_MATH = QWEN25.replace("You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
                             r"Please reason step by step, and put your final answer within \\boxed{}.")
QWEN3 = r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\n\n' }}
    {%- endif %}
    {{- "# Tools\n\n<|im_end|>\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content %}
        {%- if '</think>' in message.content %}
            {%- set content = message.content.split('</think>')[-1].lstrip('\n') %}
        {%- endif %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}
"""
LLAMA3 = ("{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = "
          "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + "
          "'<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}"
          "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
          "{% endif %}")
LLAMA31 = r"""{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{{- "Cutting Knowledge Date: December 2023\n" }}
{{- "Today Date: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""
MISTRAL_HEAD = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
"""
MISTRAL_V1 = MISTRAL_HEAD + r"""{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message['role'] == 'user' %}
        {%- if loop.first and system_message is defined %}
            {{- ' [INST] ' + system_message + '\n\n' + message['content'] + ' [/INST]' }}
        {%- else %}
            {{- ' [INST] ' + message['content'] + ' [/INST]' }}
        {%- endif %}
    {%- elif message['role'] == 'assistant' %}
        {{- ' ' + message['content'] + eos_token}}
    {%- endif %}
{%- endfor %}
"""
MISTRAL_V3 = MISTRAL_HEAD + r"""{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is defined and tools is not none %}
            {{- "[AVAILABLE_TOOLS] []" }}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- endif %}
{%- endfor %}
"""
MISTRAL_V3_TEKKEN = (MISTRAL_V3.replace('"[INST] ', '"[INST]').replace('" " + message["content"]|trim', 'message["content"]')
                     .replace("[AVAILABLE_TOOLS] ", "[AVAILABLE_TOOLS]"))
MISTRAL_V7 = r"""{{- bos_token }}
{%- for message in messages %}
    {%- if message["role"] == "user" %}
        {{- "[INST] " + message["content"] + "[/INST]" }}
    {%- elif message["role"] == "system" %}
        {{- "[SYSTEM_PROMPT] " + message["content"] + "[/SYSTEM_PROMPT]" }}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"] + eos_token }}
    {%- endif %}
{%- endfor %}
"""
MISTRAL_V7_TEKKEN = (MISTRAL_V7.replace("[INST] ", "[INST]").replace("[SYSTEM_PROMPT] ", "[SYSTEM_PROMPT]")
                     .replace('" " + message', "message"))
GEMMA = ("{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
         "{% endif %}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
         "{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + "
         "message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}"
         "{{'<start_of_turn>model\n'}}{% endif %}")
GEMMA3 = r"""{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {{- message['content'] | trim }}
    {{- '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
"""


def chatml(default=None):
    return CHATML.replace("%s", DEFAULT.replace("%s", default) if default else "")


# Name for --chat-template, source, tokens that begin and end a text.
TEMPLATES = [
    ("smollm2", chatml("You are a helpful AI assistant named SmolLM, trained by Hugging Face"), "<|im_start|>", "<|im_end|>"),
    ("chatml", chatml(), None, "<|im_end|>"),
    (None, "{{bos_token}}" + chatml(), "<|begin_of_text|>", "<|im_end|>"),
    ("qwen2", chatml("You are a helpful assistant."), None, "<|im_end|>"),
    ("qwen2.5", QWEN25, None, "<|im_end|>"),
    (None, QWEN25_MATH, None, "<|im_end|>"),
    ("qwen3", QWEN3, None, "<|im_end|>"),
    ("llama3", LLAMA3, "<|begin_of_text|>", "<|eot_id|>"),
    ("llama3.1", LLAMA31, "<|begin_of_text|>", "<|eot_id|>"),
    ("mistral-v1", MISTRAL_V1, "<s>", "</s>"),
    ("mistral-v3", MISTRAL_V3, "<s>", "</s>"),
    ("mistral-v3-tekken", MISTRAL_V3_TEKKEN, "<s>", "</s>"),
    ("mistral-v7", MISTRAL_V7, "<s>", "</s>"),
    ("mistral-v7-tekken", MISTRAL_V7_TEKKEN, "<s>", "</s>"),
    ("gemma", GEMMA, "<bos>", "<eos>"),
    ("gemma", GEMMA3, "<bos>", "<eos>"),
]

SYSTEM = ("system", "Be brief.")
CONVERSATIONS = [
    [("user", "Hi")],
    [("user", " Two\n\nparagraphs {{ x }} ")],
    [SYSTEM, ("user", "Hi")],
    [("user", "One?"), ("assistant", "Yes."), ("user", "Two?"), ("assistant", "No."), ("user", "Three?")],
    [SYSTEM, ("user", "One?"), ("assistant", "Yes."), ("user", "Two?")],
]


class Refused(Exception):
    pass


def refuse(message):
    raise Refused(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
environment.globals["raise_exception"] = refuse
result = []
for name, source, beginning, end in TEMPLATES:
    cases = []
    for conversation in CONVERSATIONS:
        # Mistral's v3 puts a system turn before the last question, or leaves it out; we, as llama.cpp,
        # put it before the first.
        if "v3" in (name or "") and len(conversation) > 2 and conversation[0] == SYSTEM:
            continue
        messages = [{"role": role, "content": content} for role, content in conversation]
        try:
            rendered = environment.from_string(source).render(
                messages=messages, add_generation_prompt=True, bos_token=beginning or "", eos_token=end)
        except Refused:
            continue
        cases.append({"messages": messages, "rendered": rendered})
    assert cases
    result.append({"name": name, "source": source, "beginning": beginning, "end": end, "cases": cases})

with open(sys.argv[1], "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
