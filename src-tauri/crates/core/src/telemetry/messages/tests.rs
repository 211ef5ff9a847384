use serde_json::json;

use super::*;

fn text(content: &str) -> Value {
    json!({"type": "text", "content": content})
}

/// The same conversation on each wire: a question, a call with a word before it, its result.
fn conversation(arguments: Value, response: Value) -> Vec<Value> {
    let call = json!({"type": "tool_call", "id": "i", "name": "f", "arguments": arguments});
    let result = json!({"type": "tool_call_response", "id": "i", "response": response});
    vec![
        json!({"role": "user", "parts": [text("q")]}),
        json!({"role": "assistant", "parts": [text("a"), call]}),
        json!({"role": "tool", "parts": [result]}),
    ]
}

#[test]
fn openai_chat_and_its_kin() {
    for wire in [Wire::OpenaiChat, Wire::Cohere, Wire::Mistral] {
        let body = json!({
            "messages": [
                {"role": "developer", "content": "s"},
                {"role": "user", "content": [{"type": "text", "text": "q"}]},
                {"role": "assistant", "content": "a", "tool_calls": [
                    {"id": "i", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                ]},
                {"role": "tool", "tool_call_id": "i", "content": "r"},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}}}],
        });
        let said = said(wire, &body);
        assert_eq!(
            said.system,
            [] as [Value; 0],
            "it is part of the conversation"
        );
        assert_eq!(
            said.messages[0],
            json!({"role": "system", "parts": [text("s")]})
        );
        assert_eq!(
            said.messages[1..],
            conversation(json!({"x": 1}), json!("r"))
        );
        let tool = json!({"type": "function", "name": "f", "description": "d", "parameters": {}});
        assert_eq!(said.tools, [tool]);
    }
}

#[test]
fn openai_responses() {
    let body = json!({
        "instructions": "s",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "q"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
            {"type": "reasoning", "encrypted_content": "secret"},
            {"type": "function_call", "call_id": "i", "name": "f", "arguments": "no json"},
            {"type": "function_call_output", "call_id": "i", "output": "r"},
        ],
        "tools": [{"type": "function", "name": "f", "parameters": null}],
    });
    let said = said(Wire::OpenaiResponses, &body);
    assert_eq!(said.system, [text("s")]);
    let parts: Vec<_> = said.messages.iter().map(|m| m["parts"].clone()).collect();
    assert_eq!(
        parts,
        [
            json!([text("q")]),
            json!([text("a")]),
            json!([{"type": "reasoning"}]),
            json!([{"type": "tool_call", "id": "i", "name": "f", "arguments": "no json"}]),
            json!([{"type": "tool_call_response", "id": "i", "response": "r"}]),
        ]
    );
    assert_eq!(
        said.tools,
        [json!({"type": "function", "name": "f", "parameters": null})]
    );
    let short = super::said(Wire::OpenaiResponses, &json!({"input": "q"}));
    assert_eq!(
        short.messages,
        [json!({"role": "user", "parts": [text("q")]})]
    );
}

#[test]
fn anthropic() {
    let body = json!({
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "opaque"},
                {"type": "text", "text": "a"},
                {"type": "tool_use", "id": "i", "name": "f", "input": {"x": 1}},
            ]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "i", "content": "r"}]},
        ],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
    });
    let said = said(Wire::Anthropic, &body);
    assert_eq!(said.system, [text("s")]);
    assert_eq!(
        said.messages[0],
        json!({"role": "user", "parts": [text("q")]})
    );
    let call = json!({"type": "tool_call", "id": "i", "name": "f", "arguments": {"x": 1}});
    let thought = json!({"type": "reasoning", "content": "hm"});
    assert_eq!(said.messages[1]["parts"], json!([thought, text("a"), call]));
    let result = json!({"type": "tool_call_response", "id": "i", "response": "r"});
    assert_eq!(said.messages[2]["parts"], json!([result]));
    assert_eq!(said.tools[0]["parameters"], json!({"type": "object"}));
}

#[test]
fn gemini() {
    let body = json!({
        "systemInstruction": {"parts": [{"text": "s"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "q"}, {"inlineData": {"data": "AAAA"}}]},
            {"role": "model", "parts": [
                {"text": "hm", "thought": true},
                {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "opaque"},
            ]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"y": 2}}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}],
    });
    let said = said(Wire::Gemini, &body);
    assert_eq!(said.system, [text("s")]);
    assert_eq!(
        said.messages,
        [
            json!({"role": "user", "parts": [text("q"), {"type": "unknown"}]}),
            json!({"role": "assistant", "parts": [
                {"type": "reasoning", "content": "hm"},
                {"type": "tool_call", "id": null, "name": "f", "arguments": {"x": 1}},
            ]}),
            json!({"role": "user", "parts": [
                {"type": "tool_call_response", "id": null, "response": {"y": 2}},
            ]}),
        ]
    );
    assert_eq!(said.tools.len(), 2);
}

#[test]
fn an_answer_without_text_or_calls_is_still_a_message() {
    let mut empty = Answer::of("");
    empty.finish = Finish::ToolCalls;
    assert_eq!(
        answered(&empty),
        json!({"role": "assistant", "parts": [], "finish_reason": "tool_call"})
    );
    assert_eq!(said(Wire::Gemini, &json!("no object")), Said::default());
}
