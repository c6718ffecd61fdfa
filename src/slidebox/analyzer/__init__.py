"""The Pulumi analyzer plugin: a preview becomes facts, the rules are asked, findings stop the engine.

The engine starts it for a policy pack whose PulumiPolicy.yaml says ``runtime: slidebox``. It sees every
resource twice: by itself before it is made (`Analyze`), and together with all others at the end
(`AnalyzeStack`).
"""
