import { Agent, memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
const text = 'word0 ';
const model = { name: 'm', async send(_: unknown, context: any) { const n=process.argv[2]==="stream"?2000:1; for (let i=0;i<n;i++){ await context?.onDelta?.({type:'text',delta:`word${i} `}); } return { choices:[{index:0,message:{role:'assistant',content:Array.from({length:process.argv[2]==="stream"?2000:1},(_, i)=>`word${i} `).join('')},finish_reason:'stop'}]}; } };
const agent = new Agent({name:'bench',model: model as any});
const s = serve({agents:[agent],host:memoryHost(),resumeEveryMs:0,maxRunning:{total:1e6,perPrincipal:1e6}});
const mode = process.argv[2];
for (let r=0;r<(mode==='stream'?60:4000);r++){
 const res = await s.fetch(new Request('http://localhost/v1/chat/completions',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({model:'bench',messages:[{role:'user',content:'x'}],stream:mode==='stream'})}));
 await res.text();
}
