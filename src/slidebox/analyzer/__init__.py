"""The Pulumi analyzer plugin: a preview becomes facts, the rules are asked, findings stop the engine.

The engine starts it for a policy pack whose PulumiPolicy.yaml says ``runtime: slidebox``. It sees every
resource twice: by itself before it is made (`Analyze`), and together with all others at the end
(`AnalyzeStack`). A preview is judged at its end; what is made is judged before it is made, so that
``pulumi up --skip-preview`` does not make what the rules never allow.
"""
